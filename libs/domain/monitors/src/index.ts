export { compileMonitors } from './compile-monitors.js';
export { evidenceSelect, examplesOf, sliceOf, slicesOf, toEvidence } from './evidence.js';
export {
  adopt,
  clockAt,
  evaluateDue,
  evaluateWindow,
  eventsBeyondQuery,
  FIRST_TICK,
  firstTickQuery,
  labelsBeyondQuery,
  latestTicksQuery,
  mayBeIdle,
  NOTHING_EVALUATED,
  stepClock,
  TickHistory,
  tickQuery,
  toEngineState,
  toLatest,
  toTicks,
  type ClockSettings,
  type DueEvaluations,
  type EnginePorts,
  type EngineQuery,
  type EngineState,
  type Evaluated,
  type MonitoredPipeline,
  type QueryAnswer,
  type StreamClock,
} from './engine/index.js';
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
