export { compileMonitors } from './compile-monitors.js';
export { judgeFigure, type Figure, type Judging } from './measurement.js';
export type {
  CompiledMonitor,
  Judgement,
  MonitorClock,
  MonitorContext,
  MonitoredModel,
  QueryRow,
  Window,
} from './monitor.js';
