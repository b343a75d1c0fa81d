import type { AlertRecord, MonitorTick } from '#contracts';
import { adopt, NOTHING_EVALUATED, type EngineState, type MonitorProgress } from './engine-state.js';
import { evaluateDue } from './evaluate-due.js';
import type { EnginePorts, MonitoredPipeline } from './ports.js';

export interface SimulationOptions {
  /** Changes of windows that end after this are told. */
  readonly fromMs: number;
  /** Windows that end later are left alone. */
  readonly toMs: number;
  /**
   * Event time before `fromMs` that is evaluated as well, so that what was firing is known; null: all that was recorded, which
   * alone gives what monitors that ran all the time gave. Concept monitors, which remember every label, always begin there.
   */
  readonly warmUpMs: number | null;
  readonly concurrency: number;
}

/** What came of some windows. */
export interface SimulationStep {
  readonly windows: number;
  /** End of the last window so far. */
  readonly atMs: number;
  readonly alerts: readonly AlertRecord[];
  /** Windows that a monitor could not be held against, with the reason. */
  readonly failures: readonly { readonly monitor: string; readonly windowEnd: number; readonly reason: string }[];
}

/** Between two looks at how far it is. */
const WINDOWS_AT_ONCE = 64;

/** Holds monitors against what was recorded, by the very functions by which they run. Nothing is written, no evidence gathered. */
export async function* simulate(
  ports: EnginePorts,
  pipeline: MonitoredPipeline,
  latest: MonitorTick,
  { fromMs, toMs, warmUpMs, concurrency }: SimulationOptions,
): AsyncGenerator<SimulationStep> {
  const bare: EnginePorts = {
    ...ports,
    query: (query) =>
      query.purpose === 'evidence' ? Promise.resolve({ ok: true, rows: [], durationMs: 0 }) : ports.query(query),
  };
  let state = beginning(pipeline, warmUpMs === null ? null : fromMs - warmUpMs);
  for (let more = true; more;) {
    const limits = { windows: WINDOWS_AT_ONCE, concurrency, untilMs: toMs };
    const round = await evaluateDue(bare, pipeline, state, latest, limits);
    ({ state, more } = round);
    const told = round.evaluated.filter(({ context }) => context.window.endMs > fromMs);
    yield {
      windows: round.evaluated.length,
      atMs: Math.max(-Infinity, ...round.evaluated.map(({ context }) => context.window.endMs)),
      alerts: round.alerts.filter(({ window_end }) => window_end > fromMs),
      failures: told.flatMap(({ monitor, context, failure }) =>
        failure === undefined
          ? []
          : [{ monitor: monitor.definition.name, windowEnd: context.window.endMs, reason: failure }],
      ),
    };
  }
}

/** @param sinceMs null: the first tick */
function beginning(pipeline: MonitoredPipeline, sinceMs: number | null): EngineState {
  const { state } = adopt(NOTHING_EVALUATED, pipeline, null, 0);
  if (sinceMs === null) return state;
  const since = ([name, progress]: [string, MonitorProgress]): [string, MonitorProgress] => {
    const { kind, everyMs } = progress.definition;
    return [name, kind === 'concept' ? progress : { ...progress, lastEndMs: Math.floor(sinceMs / everyMs) * everyMs }];
  };
  return { ...state, monitors: Object.fromEntries(Object.entries(state.monitors).map(since)) };
}
