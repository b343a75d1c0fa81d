import type { MonitorFactory } from '../monitor.js';

export const conceptMonitor: MonitorFactory<'concept'> = () => {
  throw new Error('not built yet');
};
