export { compileMonitors } from './compile-monitors.js';
export { evidenceSelect, examplesOf, sliceOf, slicesOf, toEvidence } from './evidence.js';
export { judgeFigure, type Figure, type Judging } from './measurement.js';
export {
  BINARY_METRICS,
  FAIRNESS_METRICS,
  metricNamesOf,
  MULTICLASS_METRICS,
  REGRESSION_METRICS,
} from './metric-names.js';
export type {
  CompiledMonitor,
  Judgement,
  MonitorClock,
  MonitorContext,
  MonitoredModel,
  QueryRow,
  Window,
} from './monitor.js';
