import type { MonitorDefinition, MonitorTick, PipelineDefinition } from '#contracts';
import { retireMonitors, type AlertChange, type AlertStates } from '#domain/alerts';
import type { CompiledMonitor } from '../monitor.js';
import { clockOf, lastDueEnd, scheduleOf } from './schedule.js';

/** How far one monitor is. */
export interface MonitorProgress {
  /** What it was evaluated by: a changed monitor starts anew. */
  readonly definition: MonitorDefinition;
  readonly graceMs: number;
  /** Windows that end until then are done with; null: none was ever due. */
  readonly lastEndMs: number | null;
  /** What its last evaluation left for the next; left out: nothing. */
  readonly memory?: unknown;
}

/** What monitors and their alerts know from one evaluation to the next. JSON-safe. */
export interface EngineState {
  readonly version: 1;
  /** By name. */
  readonly monitors: Readonly<Record<string, MonitorProgress>>;
  readonly alerts: AlertStates;
}

export const NOTHING_EVALUATED: EngineState = { version: 1, monitors: {}, alerts: {} };

/** @throws Error for a state of a version that is not known */
export function toEngineState(value: unknown): EngineState {
  const state = value as EngineState;
  if (state.version === 1) return state;
  throw new Error(
    `the monitors' checkpoint has version ${String(state.version)}, which a later release wrote: run that one`,
  );
}

export interface Adoption {
  readonly state: EngineState;
  /** Alerts that end with the monitors that raised them. */
  readonly changes: readonly AlertChange[];
  /** Whether anything is different. */
  readonly changed: boolean;
}

/**
 * Takes up the monitors of a definition. Those that were evaluated as they are now go on; those that are new or changed begin
 * with the first window that ends after now, for nobody wants alerts on what was long ago; in a log that nobody has watched
 * yet, they begin with what it holds (`evaluateDue`). Alerts of monitors that are gone or changed end.
 *
 * @param latest null where no clock has ever ticked
 */
export function adopt(
  state: EngineState,
  pipeline: {
    readonly definition: PipelineDefinition;
    readonly revision: number;
    readonly monitors: readonly CompiledMonitor[];
  },
  latest: MonitorTick | null,
  nowMs: number,
): Adoption {
  const { definition, revision } = pipeline;
  const graceMs = definition.monitoring?.graceMs ?? 0;
  const monitors: Record<string, MonitorProgress> = {};
  const going: MonitorDefinition[] = [];
  for (const { definition: monitor, clock } of pipeline.monitors) {
    const before = state.monitors[monitor.name];
    if (before !== undefined && before.graceMs === graceMs && sameJson(before.definition, monitor)) {
      monitors[monitor.name] = before;
      going.push(monitor);
      continue;
    }
    const clockMs = latest === null ? null : clockOf(latest, clock);
    const lastEndMs = clockMs === null ? null : lastDueEnd(clockMs, scheduleOf(monitor, { graceMs }));
    monitors[monitor.name] = { definition: monitor, graceMs, lastEndMs };
  }
  const monitoring = { ...definition.monitoring!, monitors: going };
  const { states: alerts, changes } = retireMonitors(
    state.alerts,
    { monitoring },
    { pipelineRevision: revision, noticedAt: nowMs },
  );
  const changed = going.length !== pipeline.monitors.length || Object.keys(state.monitors).length !== going.length;
  return { state: { version: 1, monitors, alerts }, changes, changed };
}

/** Whatever the order of their keys. */
function sameJson(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return (
    Array.isArray(a) === Array.isArray(b) &&
    [...keys].every((key) => sameJson((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]))
  );
}
