import type { MonitorFactory } from '../monitor.js';

export const systemMonitor: MonitorFactory<'system'> = () => {
  throw new Error('not built yet');
};
