import type { ClickHouseClient } from '@clickhouse/client';
import { alertsTable, type LoggedAlert } from './alerts.table.js';
import { appendRows, type AppendOptions } from './append-rows.js';
import type { Table } from './table.js';

/** The log of a pipeline's alerts in ClickHouse. */
export class AlertLog {
  private readonly table: Table<LoggedAlert>;

  constructor(
    private readonly client: ClickHouseClient,
    pipeline: string,
  ) {
    this.table = alertsTable(pipeline);
  }

  /** As PredictionLog.append. */
  async append(alerts: readonly LoggedAlert[], token: string, options: AppendOptions = {}): Promise<void> {
    await appendRows(this.client, this.table, alerts, token, options);
  }
}
