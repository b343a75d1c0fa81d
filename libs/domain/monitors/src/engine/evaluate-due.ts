import type { AlertRecord, MonitorResult, MonitorTick } from '#contracts';
import { foldAlerts, type AlertChange, type AlertStates } from '#domain/alerts';
import { toEvidence } from '../evidence.js';
import type { CompiledMonitor, MonitorContext } from '../monitor.js';
import type { EngineState, MonitorProgress } from './engine-state.js';
import { contextOf, evaluateWindow, type EvaluatedWindow } from './evaluate-window.js';
import { stepEndsQuery, toStepEnds } from './log-queries.js';
import { rowsOf, type EnginePorts, type EngineQuery, type MonitoredPipeline, type QueryAnswer } from './ports.js';
import { clockOf, dueEnds, lastDueEnd, scheduleOf, type Schedule } from './schedule.js';

/** Windows of one monitor that are evaluated of a log which nobody has watched before, the newest. */
const WINDOWS_AT_FIRST = 1_000;

export interface DueLimits {
  /** Windows that one call takes up at most, of all monitors together. */
  readonly windows: number;
  /** Queries that the log is asked at once. */
  readonly concurrency: number;
  /** Windows that end later are left alone. Default: none. */
  readonly untilMs?: number;
}

/** One evaluation, as it is written down. */
export interface Evaluated extends EvaluatedWindow {
  readonly monitor: CompiledMonitor;
  readonly context: MonitorContext;
  readonly results: readonly MonitorResult[];
}

export interface DueEvaluations {
  readonly state: EngineState;
  readonly evaluated: readonly Evaluated[];
  readonly alerts: readonly AlertRecord[];
  /** There is more that is due already. */
  readonly more: boolean;
}

interface Due {
  readonly monitor: CompiledMonitor;
  readonly schedule: Schedule;
  /** Place in the definition. */
  readonly order: number;
  readonly endMs: number;
}

/** What one monitor has to do. */
interface Agenda {
  readonly due: readonly Due[];
  /** Where the monitor is once all of it is done. */
  readonly doneMs: number;
  /** That is all that is due. */
  readonly complete: boolean;
}

/**
 * Evaluates what is due at a tick, in the order of window ends and then of the definition, and folds it into the alerts.
 * Each window is cut as its own tick says, so that it makes no difference whether it is evaluated when it becomes due,
 * after an outage, or by a simulation.
 *
 * @throws what the port throws while the log is away; nothing is changed then
 */
export async function evaluateDue(
  log: EnginePorts,
  pipeline: MonitoredPipeline,
  state: EngineState,
  tick: MonitorTick,
  limits: DueLimits,
): Promise<DueEvaluations> {
  const ports = askingOnce(log);
  const agendas = await Promise.all(
    pipeline.monitors.map((monitor, order) => agendaOf(ports, pipeline, state, tick, limits, monitor, order)),
  );
  const all = agendas.flatMap((agenda) => agenda?.due ?? []).toSorted((a, b) => a.endMs - b.endMs || a.order - b.order);
  const taken = all.slice(0, limits.windows);
  const perMonitor = pipeline.monitors.map((_, order) => taken.filter((due) => due.order === order));
  const answers = await inOrder(perMonitor, limits.concurrency, (windows) =>
    evaluateInTurn(ports, pipeline, state, windows),
  );
  const judged = new Map(answers.flatMap((windows) => [...windows]));

  const monitors: Record<string, MonitorProgress> = { ...state.monitors };
  let { alerts } = state;
  const evaluated: Evaluated[] = [];
  const records: AlertRecord[] = [];
  for (const due of taken) {
    const { name } = due.monitor.definition;
    monitors[name] = { ...monitors[name]!, lastEndMs: due.endMs };
    const one = judged.get(due);
    if (one === undefined) continue;
    monitors[name] = { ...monitors[name], memory: one.memory };
    const atMs = ports.nowMs();
    evaluated.push({ ...one, results: resultsOf(pipeline, one, atMs) });
    const folded = fold(alerts, pipeline, one, atMs);
    alerts = folded.states;
    for (const change of folded.changes) records.push(await withEvidence(ports, change, one));
  }
  for (const [order, agenda] of agendas.entries()) {
    const { name } = pipeline.monitors[order]!.definition;
    const isDone = agenda?.due.every((due) => taken.includes(due)) === true;
    if (isDone) monitors[name] = { ...monitors[name]!, lastEndMs: agenda.doneMs };
  }
  const more = all.length > taken.length || agendas.some((agenda) => agenda?.complete === false);
  return { state: { ...state, monitors, alerts }, evaluated, alerts: records, more };
}

async function agendaOf(
  ports: EnginePorts,
  { definition }: MonitoredPipeline,
  state: EngineState,
  tick: MonitorTick,
  limits: DueLimits,
  monitor: CompiledMonitor,
  order: number,
): Promise<Agenda | undefined> {
  const clockMs = clockOf(tick, monitor.clock);
  const progress = state.monitors[monitor.definition.name];
  if (clockMs === null || progress === undefined) return undefined;
  const schedule = scheduleOf(monitor.definition, { graceMs: definition.monitoring?.graceMs ?? 0 });
  const lastEndMs = progress.lastEndMs ?? (await beginningOf(ports, definition.name, monitor, schedule));
  if (lastEndMs === undefined) return undefined;
  const untilMs = limits.untilMs === undefined ? clockMs : Math.min(clockMs, limits.untilMs + schedule.lagMs);
  const range = dueEnds(schedule, lastEndMs, untilMs);
  // What is not due yet is no progress; where the beginning was just found, it is.
  if (range === undefined)
    return progress.lastEndMs === null ? { due: [], doneMs: lastEndMs, complete: true } : undefined;
  const ends = await stepEnds(ports, definition.name, tick, schedule, range, 'oldest', limits.windows);
  // As many as were asked for: there may be more.
  const complete = ends.length < limits.windows;
  const due = ends.map((endMs) => ({ monitor, schedule, order, endMs }));
  return { due, doneMs: complete ? range.toMs : ends.at(-1)!, complete };
}

/** Of a monitor that never evaluated anything: what the log held at the first tick, as far back as is reasonable. */
async function beginningOf(
  ports: EnginePorts,
  pipeline: string,
  monitor: CompiledMonitor,
  schedule: Schedule,
): Promise<number | undefined> {
  const first = await ports.ticks.firstAt(monitor.clock, -Infinity);
  if (first === null) return undefined;
  const range = { fromMs: -Infinity, toMs: lastDueEnd(clockOf(first, monitor.clock)!, schedule) };
  const ends = await stepEnds(ports, pipeline, first, schedule, range, 'newest', WINDOWS_AT_FIRST);
  return ends.length === 0 ? range.toMs : ends[0]! - schedule.everyMs;
}

async function stepEnds(
  ports: EnginePorts,
  pipeline: string,
  { cut }: MonitorTick,
  schedule: Schedule,
  range: { readonly fromMs: number; readonly toMs: number },
  order: 'oldest' | 'newest',
  limit: number,
): Promise<readonly number[]> {
  const sql = stepEndsQuery({ name: pipeline }, cut, schedule, range, order, limit);
  const query: EngineQuery = { sql, purpose: 'steps' };
  return toStepEnds(rowsOf(await ports.query(query), query));
}

type Judged = Omit<Evaluated, 'results'>;

/** The windows of one monitor, each with what the one before remembered; those that were not to be evaluated are left out. */
async function evaluateInTurn(
  ports: EnginePorts,
  pipeline: MonitoredPipeline,
  state: EngineState,
  windows: readonly Due[],
): Promise<ReadonlyMap<Due, Judged>> {
  const judged = new Map<Due, Judged>();
  let memory = state.monitors[windows[0]?.monitor.definition.name ?? '']?.memory;
  for (const due of windows) {
    const { monitor, schedule, endMs } = due;
    const context = await contextOf(ports, pipeline, monitor, schedule, endMs);
    if (context === undefined) continue;
    const window = await evaluateWindow(ports, monitor, context, memory);
    memory = window.memory;
    judged.set(due, { ...window, monitor, context });
  }
  return judged;
}

function resultsOf(pipeline: MonitoredPipeline, judged: Judged, atMs: number): readonly MonitorResult[] {
  const { monitor, context, query, durationMs } = judged;
  return judged.measurements.map((measurement) => ({
    ...measurement,
    monitor: monitor.definition.name,
    kind: monitor.definition.kind,
    windowStart: context.window.startMs,
    windowEnd: context.window.endMs,
    evaluatedAt: atMs,
    durationMs,
    modelVersion: context.model?.version ?? '',
    pipelineRevision: pipeline.revision,
    query,
  }));
}

function fold(
  states: AlertStates,
  { definition, revision }: MonitoredPipeline,
  { monitor, context, query, measurements }: Judged,
  atMs: number,
) {
  return foldAlerts(states, {
    pipeline: definition.name,
    pipelineRevision: revision,
    monitor: monitor.definition,
    windowStart: context.window.startMs,
    windowEnd: context.window.endMs,
    modelVersion: context.model?.version ?? '',
    query,
    measurements,
    noticedAt: atMs,
  });
}

/** An alert whose evidence cannot be gathered is told without. */
async function withEvidence(
  ports: EnginePorts,
  { alert, measurement }: AlertChange,
  { monitor, context }: Judged,
): Promise<AlertRecord> {
  const sql = monitor.evidenceQuery(measurement, context);
  if (sql === null) return { ...alert, evidence: toEvidence(measurement, []) };
  const answer = await ports.query({
    sql,
    purpose: 'evidence',
    monitor: monitor.definition.name,
    windowEnd: context.window.endMs,
  });
  return { ...alert, evidence: toEvidence(measurement, answer.ok ? answer.rows : []) };
}

/** Monitors of the same rhythm ask the same of a window. */
function askingOnce(ports: EnginePorts): EnginePorts {
  const asked = new Map<string, Promise<QueryAnswer>>();
  return {
    ticks: ports.ticks,
    referenceOf: (version) => ports.referenceOf(version),
    nowMs: () => ports.nowMs(),
    query: (query) => {
      const known = asked.get(query.sql);
      if (known !== undefined) return known;
      const answer = ports.query(query);
      if (query.purpose === 'steps' || query.purpose === 'window') asked.set(query.sql, answer);
      return answer;
    },
  };
}

/** Does the work on all, some at once; the answers are in the order of the questions. The first failure ends it. */
async function inOrder<T, R>(
  items: readonly T[],
  concurrency: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const answers: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      answers[index] = await work(items[index]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, worker));
  return answers;
}
