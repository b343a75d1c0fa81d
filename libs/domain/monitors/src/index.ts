export { businessSqlProblems, expandPlaceholders } from './business/business-sql.js';
export { compileMonitors } from './compile-monitors.js';
export { scoreSubject } from './drift/drift-query.js';
export { evidenceSelect, examplesOf, sliceOf, slicesOf, toEvidence } from './evidence.js';
export {
  adopt,
  clockAt,
  clockOf,
  contextOf,
  evaluateDue,
  evaluateWindow,
  eventsBeyondQuery,
  FIRST_TICK,
  firstTickQuery,
  labelsBeyondQuery,
  latestTicksQuery,
  mayBeIdle,
  NOTHING_EVALUATED,
  scheduleOf,
  simulate,
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
  type EvaluatedWindow,
  type MonitoredPipeline,
  type QueryAnswer,
  type Schedule,
  type SimulationOptions,
  type SimulationStep,
  type StreamClock,
} from './engine/index.js';
export { compareGroups, type Comparison, type GroupRate } from './fairness/compare-groups.js';
export { calibratedSql } from './estimate/calibration-sql.js';
export { instant, outcomesIn, predictionsIn, within } from './log-windows.js';
export { judgeFigure, type Figure, type Judging } from './measurement.js';
export { countIn, numberIn } from './query-row.js';
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
export { isHigherBetter } from './performance/task-metrics.js';
