import type { MonitorFactory } from '../monitor.js';

export const anomaliesMonitor: MonitorFactory<'anomalies'> = () => {
  throw new Error('not built yet');
};
