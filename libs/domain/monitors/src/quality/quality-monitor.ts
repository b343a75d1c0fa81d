import type { MonitorFactory } from '../monitor.js';

export const qualityMonitor: MonitorFactory<'quality'> = () => {
  throw new Error('not built yet');
};
