export { clockAt, mayBeIdle, stepClock, type ClockSettings, type PartitionReading, type StreamClock } from './clock.js';
export {
  adopt,
  NOTHING_EVALUATED,
  toEngineState,
  type Adoption,
  type EngineState,
  type MonitorProgress,
} from './engine-state.js';
export { evaluateDue, type DueEvaluations, type DueLimits, type Evaluated } from './evaluate-due.js';
export { contextOf, EVALUATION, evaluateWindow, type EvaluatedWindow } from './evaluate-window.js';
export {
  eventsBeyondQuery,
  firstTickQuery,
  labelsBeyondQuery,
  latestTicksQuery,
  tickQuery,
  toLatest,
  toTicks,
} from './log-queries.js';
export type { EnginePorts, EngineQuery, MonitoredPipeline, QueryAnswer } from './ports.js';
export { clockOf, scheduleOf, type Schedule } from './schedule.js';
export { simulate, type SimulationOptions, type SimulationStep } from './simulate.js';
export { FIRST_TICK, TickHistory } from './tick-history.js';
