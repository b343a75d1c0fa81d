import { databaseOf, sqlIdentifier, type PipelineDefinition } from '#contracts';

/** An event that claims to be of later than this after its scoring is believed in everything but its time. */
const AHEAD_MS = 3_600_000;

/**
 * One row: `clock_ms`, `labels_clock_ms` (null: nothing has come) and `labels`, which counts corrections too. The clock is that of the
 * monitors where there are some, which waits for the slowest partition, else the latest event time in the log.
 *
 * @param afterMs the latest event is looked for beyond this; left out: in the whole log
 */
export function clockQuery(
  { name, label, monitoring }: Pick<PipelineDefinition, 'name' | 'label' | 'monitoring'>,
  afterMs = -Infinity,
): string {
  const table = (of: string): string => `${sqlIdentifier(databaseOf(name))}.${of}`;
  const since = Number.isFinite(afterMs) ? `event_time > fromUnixTimestamp64Milli(${afterMs}, 'UTC') AND ` : '';
  const lastTick = (clock: string): string =>
    `(SELECT toUnixTimestamp64Milli(${clock}) FROM ${table('monitor_ticks')} ORDER BY tick DESC, ticked_at LIMIT 1)`;
  const events =
    monitoring === undefined
      ? `(SELECT if(count() = 0, NULL, max(toUnixTimestamp64Milli(event_time))) FROM ${table('predictions')} ` +
        `WHERE ${since}event_time <= predicted_at + toIntervalMillisecond(${AHEAD_MS}))`
      : lastTick('events_clock');
  if (label === undefined) return `SELECT ${events} AS clock_ms, NULL AS labels_clock_ms, 0 AS labels`;
  const labels = `(SELECT count() FROM ${table('outcome_revisions')})`;
  const labelsClock =
    monitoring === undefined
      ? `(SELECT if(count() = 0, NULL, max(toUnixTimestamp64Milli(label_time))) FROM ${table('outcome_revisions')})`
      : lastTick('labels_clock');
  return `SELECT ${events} AS clock_ms, ${labelsClock} AS labels_clock_ms, ${labels} AS labels`;
}
