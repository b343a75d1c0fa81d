import { AHEAD_MS, databaseOf, sqlIdentifier, type PipelineDefinition } from '#contracts';
import { instant } from '#domain/monitors';

/** The clock does not wait for a partition of which nothing has come for so long, of wall clock, while others went on. */
const IDLE_AFTER_MS = 10_000;

/** What the clocks are known to have reached, ms; -Infinity: nothing. */
export interface ReachedClocks {
  readonly events: number;
  readonly labels: number;
}

const NOTHING: ReachedClocks = { events: -Infinity, labels: -Infinity };

/**
 * One row: `clock_ms`, the event time that every partition has reached which is not idle, `labels_clock_ms`, the same of the times at
 * which labels became known (null: nothing has come), and `labels`, which counts corrections too.
 *
 * It is read from the log itself and not from the ticks of the monitors, which wait until what they have found is stored: a rollout that
 * told the time by them would go as slowly as they do.
 *
 * @param reached a partition that has come no further is left out, and a clock that has not moved is null
 */
export function clockQuery(
  { name, label }: Pick<PipelineDefinition, 'name' | 'label'>,
  reached: ReachedClocks = NOTHING,
): string {
  const database = sqlIdentifier(databaseOf(name));
  const since = (time: string, ms: number): string => (Number.isFinite(ms) ? `${time} >= ${instant(ms)} AND ` : '');
  const slowest = (table: string, partition: string, time: string, seen: string, where: string): string =>
    '(SELECT if(count() = 0, NULL, min(latest)) FROM (' +
    `SELECT max(toUnixTimestamp64Milli(${time})) AS latest, max(${seen}) AS last, max(last) OVER () AS newest ` +
    `FROM ${database}.${table} WHERE ${where}` +
    `${time} <= ${seen} + toIntervalMillisecond(${AHEAD_MS}) GROUP BY ${partition}) ` +
    `WHERE last >= newest - toIntervalMillisecond(${IDLE_AFTER_MS}))`;
  const newer = since('event_time', reached.events);
  const events = slowest('predictions', 'log_partition', 'event_time', 'predicted_at', newer);
  if (label === undefined) return `SELECT ${events} AS clock_ms, NULL AS labels_clock_ms, 0 AS labels`;
  const labels = `(SELECT count() FROM ${database}.outcome_revisions)`;
  // The table is sorted by the events' times, and no label comes later than it may.
  const known = since('event_time', reached.labels - label.withinMs) + since('label_time', reached.labels);
  const labelsClock = slowest('outcome_revisions', 'outcome_partition', 'label_time', 'joined_at', known);
  return `SELECT ${events} AS clock_ms, ${labelsClock} AS labels_clock_ms, ${labels} AS labels`;
}
