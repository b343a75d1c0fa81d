import type { MonitorFactory } from '../monitor.js';

export const estimateMonitor: MonitorFactory<'estimate'> = () => {
  throw new Error('not built yet');
};
