import type { MonitorFactory } from '../monitor.js';

export const businessMonitor: MonitorFactory<'business'> = () => {
  throw new Error('not built yet');
};
