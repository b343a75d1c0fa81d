import {
  AHEAD_MS,
  databaseOf,
  sqlIdentifier,
  type LogCut,
  type MonitorTick,
  type PipelineDefinition,
} from '#contracts';
import { cameBetween, instant, known, predictionsIn, within } from '../log-windows.js';
import type { MonitorClock, MonitorContext, QueryRow, Window } from '../monitor.js';
import type { EndRange, Schedule } from './schedule.js';

type Named = Pick<PipelineDefinition, 'name'>;

function table(pipeline: Named, name: string): string {
  return `${sqlIdentifier(databaseOf(pipeline.name))}.${name}`;
}

/** Per partition (`partition`), the latest event time beyond the clock (`latest_ms`). Found by the sorting key. */
export function eventsBeyondQuery(pipeline: Named, cut: LogCut, clockMs: number | null): string {
  return (
    'SELECT log_partition AS `partition`, max(toUnixTimestamp64Milli(event_time)) AS latest_ms ' +
    `FROM ${table(pipeline, 'predictions')} WHERE ${after('event_time', clockMs)} ` +
    `AND event_time <= predicted_at + toIntervalMillisecond(${AHEAD_MS}) AND role != 'shadow' ` +
    `AND ${known('log_partition', 'log_offset', cut.predictions)} GROUP BY log_partition`
  );
}

/**
 * The same of the times at which labels became known, on the topic of outcomes. They are found by their offsets, for the log
 * is not sorted by them.
 *
 * @param before how far the log was when it was last looked at
 */
export function labelsBeyondQuery(
  pipeline: Named,
  cut: LogCut,
  clockMs: number | null,
  before: readonly number[] = [],
): string {
  return (
    'SELECT outcome_partition AS `partition`, max(toUnixTimestamp64Milli(label_time)) AS latest_ms ' +
    `FROM ${table(pipeline, 'outcome_revisions')} WHERE ${after('label_time', clockMs)} ` +
    `AND label_time <= joined_at + toIntervalMillisecond(${AHEAD_MS}) ` +
    `AND ${cameBetween(before, cut.outcomes)} GROUP BY outcome_partition`
  );
}

function after(column: string, clockMs: number | null): string {
  return clockMs === null ? '1' : `${column} > ${instant(clockMs)}`;
}

/**
 * Ends of steps (`end_ms`) into which events fell, so that a gap of years costs nothing. Those of later ticks may be among
 * them: `windowFactsQuery` tells.
 *
 * @param order `oldest`: from the beginning of the range; `newest`: from its end
 */
export function stepEndsQuery(
  pipeline: Named,
  cut: LogCut,
  { everyMs, delayMs }: Pick<Schedule, 'everyMs' | 'delayMs'>,
  { fromMs, toMs }: EndRange,
  order: 'oldest' | 'newest',
  limit: number,
): string {
  const before = toMs - delayMs;
  const range =
    fromMs === -Infinity
      ? `event_time < ${instant(before)}`
      : within('event_time', { startMs: fromMs - delayMs, endMs: before });
  return (
    `SELECT DISTINCT (toInt64(floor((toUnixTimestamp64Milli(event_time) + ${delayMs}) / ${everyMs})) + 1) * ${everyMs} AS end_ms ` +
    `FROM ${table(pipeline, 'predictions')} WHERE ${range} AND role != 'shadow' ` +
    `AND ${known('log_partition', 'log_offset', cut.predictions)} ` +
    `ORDER BY end_ms ${order === 'oldest' ? 'ASC' : 'DESC'} LIMIT ${limit}`
  );
}

export function toStepEnds(rows: readonly QueryRow[]): readonly number[] {
  return rows.map((row) => Number(row['end_ms'])).toSorted((a, b) => a - b);
}

/** Of what a window held: rows in its last step (`step_rows`), and the version that scored last (`version`; empty: none). */
export function windowFactsQuery(
  pipeline: PipelineDefinition,
  context: MonitorContext,
  { everyMs, delayMs }: Pick<Schedule, 'everyMs' | 'delayMs'>,
): string {
  const startMs = context.window.startMs - delayMs;
  const endMs = context.window.endMs - delayMs;
  // A step may be longer than the window.
  const looked: Window = { startMs: Math.min(startMs, endMs - everyMs), endMs };
  return (
    `SELECT countIf(event_time >= ${instant(endMs - everyMs)}) AS step_rows, ` +
    `argMaxIf(model_version, (predicted_at, log_partition, log_offset), event_time >= ${instant(startMs)}) AS version ` +
    `FROM ${predictionsIn(pipeline, { ...context, window: looked })}`
  );
}

export function toWindowFacts([row]: readonly QueryRow[]): { readonly stepRows: number; readonly version: string } {
  return {
    stepRows: Number(row?.['step_rows'] ?? 0),
    version: typeof row?.['version'] === 'string' ? row['version'] : '',
  };
}

const TICK_COLUMNS =
  'tick, toUnixTimestamp64Milli(events_clock) AS events_ms, toUnixTimestamp64Milli(labels_clock) AS labels_ms, ' +
  'predictions_cut, outcomes_cut, quarantine_cut, toUnixTimestamp64Milli(ticked_at) AS ticked_ms';

/** A tick that was written twice counts as it was written first. */
const FIRST_WRITTEN = 'ORDER BY tick, ticked_at LIMIT 1 BY tick';

export function latestTicksQuery(pipeline: Named, limit: number): string {
  const ticks = table(pipeline, 'monitor_ticks');
  return `SELECT ${TICK_COLUMNS} FROM ${ticks} WHERE tick > (SELECT toInt64(max(tick)) - ${limit} FROM ${ticks}) ${FIRST_WRITTEN}`;
}

export function tickQuery(pipeline: Named, tick: number): string {
  return `SELECT ${TICK_COLUMNS} FROM ${table(pipeline, 'monitor_ticks')} WHERE tick = ${tick} ${FIRST_WRITTEN}`;
}

/** The first tick at which a clock showed a time or a later one. */
export function firstTickQuery(pipeline: Named, clock: MonitorClock, atLeastMs: number): string {
  const column = clock === 'events' ? 'events_clock' : 'labels_clock';
  const reached = atLeastMs === -Infinity ? `${column} IS NOT NULL` : `${column} >= ${instant(atLeastMs)}`;
  const ticks = table(pipeline, 'monitor_ticks');
  // The clock never goes back: the least number is the first.
  return `SELECT ${TICK_COLUMNS} FROM ${ticks} WHERE tick = (SELECT min(tick) FROM ${ticks} WHERE ${reached}) ${FIRST_WRITTEN}`;
}

export function toTicks(rows: readonly QueryRow[]): readonly MonitorTick[] {
  const time = (value: unknown): number | null => (value === null ? null : Number(value));
  const offsets = (value: unknown): readonly number[] => (value as readonly unknown[]).map(Number);
  return rows.map((row) => ({
    tick: Number(row['tick']),
    eventsClock: time(row['events_ms']),
    labelsClock: time(row['labels_ms']),
    cut: {
      predictions: offsets(row['predictions_cut']),
      outcomes: offsets(row['outcomes_cut']),
      quarantine: offsets(row['quarantine_cut']),
    },
    tickedAt: Number(row['ticked_ms']),
  }));
}

/** By partition; null where nothing lies beyond the clock. */
export function toLatest(rows: readonly QueryRow[], partitions: number): readonly (number | null)[] {
  const found = new Map(rows.map((row) => [Number(row['partition']), Number(row['latest_ms'])]));
  return Array.from({ length: partitions }, (_, partition) => found.get(partition) ?? null);
}
