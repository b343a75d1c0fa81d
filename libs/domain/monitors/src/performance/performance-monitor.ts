import type { MonitorFactory } from '../monitor.js';

export const performanceMonitor: MonitorFactory<'performance'> = () => {
  throw new Error('not built yet');
};
