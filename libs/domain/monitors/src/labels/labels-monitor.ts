import type { MonitorFactory } from '../monitor.js';

export const labelsMonitor: MonitorFactory<'labels'> = () => {
  throw new Error('not built yet');
};
