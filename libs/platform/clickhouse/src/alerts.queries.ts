import { databaseOf, type AlertEvidence, type AlertRecord } from '#contracts';
import type { NamedQuery } from './queries.js';
import { qualifiedName } from './table-sql.js';

/** A change of an alert as JSONEachRow gives it; 64-bit integers are text. */
export interface AlertRow {
  readonly id: string;
  readonly pipeline: string;
  readonly monitor: string;
  readonly kind: AlertRecord['kind'];
  readonly metric: string;
  readonly subject: string;
  readonly slice: string;
  readonly state: AlertRecord['state'];
  readonly severity: AlertRecord['severity'];
  readonly summary: string;
  readonly value: number | null;
  readonly threshold: number | null;
  readonly window_start_ms: string;
  readonly window_end_ms: string;
  readonly fired_at_ms: string;
  readonly noticed_at_ms: string;
  readonly model_version: string;
  readonly pipeline_revision: number;
  readonly query: string;
  readonly rows: string;
  readonly reference_rows: string | null;
  readonly reference_value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly p_value: number | null;
  readonly slices: readonly { readonly slice: string; readonly value: number; readonly rows: string }[];
  readonly examples: readonly {
    readonly event_id: string;
    readonly trace_id: string;
    readonly partition: number;
    readonly offset: string;
  }[];
}

const TIMES = ['window_start', 'window_end', 'fired_at', 'noticed_at'];
const COLUMNS = [
  ...['id', 'pipeline', 'monitor', 'kind', 'metric', 'subject', 'slice', 'state', 'severity', 'summary', 'value'],
  ...['threshold', 'model_version', 'pipeline_revision', 'query', 'rows', 'reference_rows', 'reference_value'],
  ...['low', 'high', 'p_value', 'slices', 'examples'],
  ...TIMES.map((time) => `toUnixTimestamp64Milli(${time}) AS ${time}_ms`),
].join(', ');

/** Which change of an alert is the last one: by event time, then by when it was noticed. */
const LATEST = 'window_end, noticed_at, alert_offset';

function alertsOf(pipeline: string): string {
  return qualifiedName({ database: databaseOf(pipeline), name: 'alerts' });
}

/** The last change of every alert that fires at present. */
export function firingAlertsQuery(pipeline: string): NamedQuery<Record<string, never>, AlertRow> {
  const alerts = alertsOf(pipeline);
  return {
    name: `${pipeline} firing alerts`,
    // Wide columns are read of those that fire alone.
    toSql: () =>
      `SELECT ${COLUMNS} FROM ${alerts}\n` +
      `WHERE id IN (SELECT id FROM ${alerts} GROUP BY id HAVING argMax(state, (${LATEST})) = 'firing')\n` +
      `ORDER BY (${LATEST}) DESC LIMIT 1 BY id`,
  };
}

/** The last change of every alert that changed since, the latest first. */
export function latestAlertsQuery(pipeline: string): NamedQuery<{ since_ms: number; limit: number }, AlertRow> {
  return {
    name: `${pipeline} alerts`,
    toSql: () =>
      `SELECT ${COLUMNS} FROM ${alertsOf(pipeline)}\n` +
      `WHERE noticed_at >= fromUnixTimestamp64Milli({since_ms:Int64}, 'UTC')\n` +
      `ORDER BY (${LATEST}) DESC LIMIT 1 BY id LIMIT {limit:UInt32}`,
  };
}

/** All changes of an alert, in their order. */
export function alertChangesQuery(pipeline: string): NamedQuery<{ id: string }, AlertRow> {
  return {
    name: `${pipeline} changes of an alert`,
    toSql: () => `SELECT ${COLUMNS} FROM ${alertsOf(pipeline)} WHERE id = {id:String} ORDER BY (${LATEST})`,
  };
}

export function toAlertRecord(row: AlertRow): AlertRecord {
  const { rows, reference_rows, reference_value, low, high, p_value, slices, examples, ...alert } = row;
  const { window_start_ms, window_end_ms, fired_at_ms, noticed_at_ms, ...rest } = alert;
  const evidence: AlertEvidence = {
    rows: Number(rows),
    reference_rows: reference_rows === null ? null : Number(reference_rows),
    reference_value,
    low,
    high,
    p_value,
    slices: slices.map((slice) => ({ ...slice, rows: Number(slice.rows) })),
    examples: examples.map((example) => ({ ...example, offset: Number(example.offset) })),
  };
  return {
    ...rest,
    window_start: Number(window_start_ms),
    window_end: Number(window_end_ms),
    fired_at: Number(fired_at_ms),
    noticed_at: Number(noticed_at_ms),
    evidence,
  };
}
