import type { Measurement } from '#contracts';
import { unmeasured } from '#domain/alerts';
import type { CompiledMonitor, Judgement, MonitorContext } from '../monitor.js';
import { toWindowFacts, windowFactsQuery } from './log-queries.js';
import { rowsOf, type EnginePorts, type EngineQuery, type MonitoredPipeline } from './ports.js';
import { dueAt, windowEnding, type Schedule } from './schedule.js';
import { FIRST_TICK } from './tick-history.js';

/** One monitor, held against one window. */
export interface EvaluatedWindow {
  readonly measurements: readonly Measurement[];
  /** For the next evaluation. */
  readonly memory: unknown;
  readonly query: string;
  /** What the query took the log, ms. */
  readonly durationMs: number;
  /** Why there was nothing to judge: the query was refused, or gave what cannot be judged. */
  readonly failure?: string;
}

/**
 * Evaluates one monitor over one window. A monitor that cannot be judged says so in a figure of its own, and leaves its memory
 * and its alerts as they were.
 *
 * @param memory what the evaluation before returned; undefined at first
 * @throws what the port throws while the log is away
 */
export async function evaluateWindow(
  ports: Pick<EnginePorts, 'query'>,
  monitor: CompiledMonitor,
  context: MonitorContext,
  memory: unknown,
): Promise<EvaluatedWindow> {
  const query = monitor.query(context, memory);
  const { name } = monitor.definition;
  const answer = await ports.query({
    sql: query,
    purpose: 'monitor',
    monitor: name,
    windowEnd: context.window.endMs,
  });
  const { durationMs } = answer;
  const failed = (failure: string): EvaluatedWindow => ({
    measurements: [unevaluated(failure)],
    memory,
    query,
    durationMs,
    failure,
  });
  if (!answer.ok) return failed(answer.reason);
  let judgement: Judgement;
  try {
    judgement = monitor.judge(answer.rows, context, memory);
  } catch (error) {
    return failed(`what the query gave cannot be judged: ${error instanceof Error ? error.message : String(error)}`);
  }
  return { ...judgement, memory: judgement.memory, query, durationMs };
}

/** Metric of the figure that stands where a monitor could not be evaluated. */
export const EVALUATION = 'evaluation';

function unevaluated(why: string): Measurement {
  return { ...unmeasured({ metric: EVALUATION, subject: '', slice: '' }), explanation: why };
}

/**
 * What a window's evaluation is about, as it was when the window became due; undefined where no event had fallen into its last
 * step by then, or where it is not due yet.
 */
export async function contextOf(
  ports: EnginePorts,
  { definition }: Pick<MonitoredPipeline, 'definition'>,
  monitor: Pick<CompiledMonitor, 'clock'>,
  schedule: Schedule,
  endMs: number,
): Promise<MonitorContext | undefined> {
  const window = windowEnding(endMs, schedule);
  const tick = await ports.ticks.firstAt(monitor.clock, dueAt(endMs, schedule));
  const before = await ports.ticks.firstAt(monitor.clock, dueAt(window.startMs, schedule));
  if (tick === null) return undefined;
  const cutBefore = before === null || before.tick === FIRST_TICK ? null : before.cut;
  const bare: MonitorContext = { window, cut: tick.cut, cutBefore, model: null };
  const query: EngineQuery = {
    sql: windowFactsQuery(definition, bare, schedule),
    purpose: 'window',
    windowEnd: endMs,
  };
  const { stepRows, version } = toWindowFacts(rowsOf(await ports.query(query), query));
  if (stepRows === 0) return undefined;
  if (version === '') return bare;
  const reference = ports.referenceOf(version);
  const model = { version, referenceRows: reference?.rows ?? 0, calibration: reference?.calibration ?? null };
  return { ...bare, model };
}
