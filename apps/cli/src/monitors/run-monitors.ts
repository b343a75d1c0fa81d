import type { AppliedPipeline, Measurement, MonitorKind, Verdict } from '#contracts';
import {
  compileMonitors,
  contextOf,
  evaluateWindow,
  scheduleOf,
  type CompiledMonitor,
  type MonitorContext,
} from '#domain/monitors';
import { runQuery } from '#platform/clickhouse';
import type { Connections } from '../connections/connections.js';
import { CliFailure } from '../terminal/failure.js';
import { openMonitoredLog, type MonitoredLog } from './engine-ports.js';
import { newestEventQuery } from './monitor.queries.js';
import { namedMonitor } from './named-monitor.js';

/** Windows that one run looks at, of all monitors together. */
const MOST_WINDOWS = 2_000;

/** Which windows to look at: by default the last one; event time, ms since epoch. */
export interface RunSelection {
  readonly monitor?: string;
  /** The window that ends then. */
  readonly at?: number;
  /** All that end after `from`, and at `to` or before. */
  readonly from?: number;
  readonly to?: number;
}

/** One monitor over one window. Times in ms since epoch. */
export interface RunResult {
  readonly monitor: string;
  readonly kind: MonitorKind;
  readonly windowStart: number;
  readonly windowEnd: number;
  readonly modelVersion: string | null;
  readonly measurements: readonly Measurement[];
  readonly query: string;
  readonly durationMs: number;
}

const ORDER: readonly Verdict[] = ['ok', 'insufficient', 'info', 'warning', 'critical'];

/** The measurement that says most, by its verdict; undefined where there is none. */
export function worstOf(measurements: readonly Measurement[]): Measurement | undefined {
  return measurements.reduce<Measurement | undefined>(
    (worst, one) => (worst === undefined || ORDER.indexOf(one.verdict) > ORDER.indexOf(worst.verdict) ? one : worst),
    undefined,
  );
}

/** Evaluates windows over the log as the monitoring service does, and writes nothing. */
export async function* runMonitors(
  { definition }: AppliedPipeline,
  selection: RunSelection,
  connections: Connections,
): AsyncGenerator<RunResult> {
  const compiled = compileMonitors(definition);
  const chosen = selection.monitor === undefined ? compiled : [namedMonitor(compiled, definition, selection.monitor)];
  const log = await openMonitoredLog(definition, connections);
  const newest = await newestEvent(definition.name, connections);
  let windows = 0;
  for (const monitor of chosen) {
    const schedule = scheduleOf(monitor.definition, { graceMs: definition.monitoring?.graceMs ?? 0 });
    let memory: unknown;
    for (const endMs of endsOf(monitor, selection, newest)) {
      if (++windows > MOST_WINDOWS) {
        throw new CliFailure(`these are more than ${MOST_WINDOWS} windows; choose a shorter time or one --monitor`);
      }
      const context = await contextOf(log, { definition }, monitor, schedule, endMs);
      if (context === undefined) continue;
      const window = await evaluateWindow(log, monitor, context, memory);
      memory = window.memory;
      yield { ...factsOf(monitor, context), ...window };
    }
  }
}

function factsOf({ definition }: CompiledMonitor, { window, model }: MonitorContext) {
  return {
    monitor: definition.name,
    kind: definition.kind,
    windowStart: window.startMs,
    windowEnd: window.endMs,
    modelVersion: model?.version ?? null,
  };
}

/** The last window whose end the events have passed, and what it would ask; undefined where nothing was scored. */
export async function lastWindowOf(
  { definition }: AppliedPipeline,
  monitor: CompiledMonitor,
  connections: Connections,
  log?: MonitoredLog,
): Promise<MonitorContext | undefined> {
  const [endMs] = endsOf(monitor, {}, await newestEvent(definition.name, connections));
  if (endMs === undefined) return undefined;
  const schedule = scheduleOf(monitor.definition, { graceMs: definition.monitoring?.graceMs ?? 0 });
  return contextOf(log ?? (await openMonitoredLog(definition, connections)), { definition }, monitor, schedule, endMs);
}

function endsOf(
  { definition: { everyMs } }: CompiledMonitor,
  { at, from, to }: RunSelection,
  newestMs: number | null,
): readonly number[] {
  if (at !== undefined) return [at];
  if (newestMs === null) return [];
  const last = Math.floor((to ?? newestMs) / everyMs) * everyMs;
  if (from === undefined) return [last];
  const first = (Math.floor(from / everyMs) + 1) * everyMs;
  const count = Math.max(0, Math.min(MOST_WINDOWS + 1, Math.round((last - first) / everyMs) + 1));
  return Array.from({ length: count }, (_, index) => first + index * everyMs);
}

async function newestEvent(pipeline: string, connections: Connections): Promise<number | null> {
  const [row] = await runQuery(connections.clickhouse(), newestEventQuery(pipeline), {});
  return row === undefined || row.newest_ms === null ? null : Number(row.newest_ms);
}
