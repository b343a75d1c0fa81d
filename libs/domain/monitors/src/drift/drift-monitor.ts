import type { MonitorFactory } from '../monitor.js';

export const driftMonitor: MonitorFactory<'drift'> = () => {
  throw new Error('not built yet');
};
