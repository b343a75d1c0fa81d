import type { ClickHouseClient } from '@clickhouse/client';
import { appendRows, type AppendOptions } from './append-rows.js';
import { quarantineTable, type QuarantinedEvent } from './quarantine.table.js';
import type { Table } from './table.js';

/** The log of a pipeline's refused events in ClickHouse. */
export class QuarantineLog {
  private readonly table: Table<QuarantinedEvent>;

  constructor(
    private readonly client: ClickHouseClient,
    pipeline: string,
  ) {
    this.table = quarantineTable(pipeline);
  }

  /** As PredictionLog.append. */
  async append(events: readonly QuarantinedEvent[], token: string, options: AppendOptions = {}): Promise<void> {
    await appendRows(this.client, this.table, events, token, options);
  }
}
