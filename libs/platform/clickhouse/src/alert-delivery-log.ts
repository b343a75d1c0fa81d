import type { ClickHouseClient } from '@clickhouse/client';
import { databaseOf } from '#contracts';
import { alertDeliveriesTable, type AlertDeliveryRow } from './alert-deliveries.table.js';
import { appendRows } from './append-rows.js';
import { runQuery, type NamedQuery } from './queries.js';
import type { Table } from './table.js';
import { qualifiedName } from './table-sql.js';

/** What is known of having told a receiver of a change of an alert. */
export interface SettledDelivery {
  readonly alert_id: string;
  readonly state: AlertDeliveryRow['state'];
  readonly severity: AlertDeliveryRow['severity'];
  readonly receiver: string;
  /** Of the last time. */
  readonly outcome: AlertDeliveryRow['outcome'];
  /** Wall clock of the last time, ms, as text. */
  readonly at_ms: string;
}

/** The last of what became of each change of the alerts, by receiver. */
export function settledDeliveriesQuery(pipeline: string): NamedQuery<{ ids: readonly string[] }, SettledDelivery> {
  const deliveries = qualifiedName({ database: databaseOf(pipeline), name: 'alert_deliveries' });
  return {
    name: `${pipeline} deliveries of alerts`,
    toSql: () =>
      `SELECT alert_id, state, severity, receiver, argMax(outcome, at) AS outcome,\n` +
      `  toUnixTimestamp64Milli(max(at)) AS at_ms\n` +
      `FROM ${deliveries} WHERE alert_id IN {ids:Array(String)} GROUP BY alert_id, state, severity, receiver\n` +
      `ORDER BY at_ms`,
  };
}

/** One time that a receiver was, or was not, told. */
export interface AlertDelivered {
  readonly receiver: string;
  readonly state: AlertDeliveryRow['state'];
  readonly severity: AlertDeliveryRow['severity'];
  readonly outcome: AlertDeliveryRow['outcome'];
  readonly repetition: boolean;
  readonly attempts: number;
  readonly reason: string;
  /** ISO 8601. */
  readonly at: string;
}

/** Whom an alert was told, in the order of time. */
export function deliveriesOfAlertQuery(pipeline: string): NamedQuery<{ id: string }, AlertDelivered> {
  const deliveries = qualifiedName({ database: databaseOf(pipeline), name: 'alert_deliveries' });
  return {
    name: `${pipeline} deliveries of an alert`,
    toSql: () =>
      `SELECT receiver, state, severity, outcome, repetition, attempts, reason,\n` +
      `  concat(replaceOne(toString(deliveries.at), ' ', 'T'), 'Z') AS at\n` +
      `FROM ${deliveries} AS deliveries WHERE alert_id = {id:String} ORDER BY deliveries.at, receiver`,
  };
}

/** Whom a pipeline's alerts were told. */
export class AlertDeliveryLog {
  private readonly table: Table<AlertDeliveryRow>;

  constructor(
    private readonly client: ClickHouseClient,
    private readonly pipeline: string,
  ) {
    this.table = alertDeliveriesTable(pipeline);
  }

  /** @param token stands for exactly these rows */
  async append(rows: readonly AlertDeliveryRow[], token: string): Promise<void> {
    await appendRows(this.client, this.table, rows, token);
  }

  /** @throws Retriable('clickhouse_unreachable') */
  async settled(ids: readonly string[]): Promise<readonly SettledDelivery[]> {
    if (ids.length === 0) return [];
    return runQuery(this.client, settledDeliveriesQuery(this.pipeline), { ids });
  }
}
