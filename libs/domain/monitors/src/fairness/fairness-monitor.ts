import type { MonitorFactory } from '../monitor.js';

export const fairnessMonitor: MonitorFactory<'fairness'> = () => {
  throw new Error('not built yet');
};
