import type { ClickHouseClient } from '@clickhouse/client';
import { insertRows } from './insert-rows.js';
import { InsertSpans, type InsertTraceOptions } from './insert-spans.js';
import { quarantineTable, type QuarantinedEvent } from './quarantine.table.js';
import type { Table } from './table.js';
import { repeatInsert } from './repeat-insert.js';

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
  async append(
    events: readonly QuarantinedEvent[],
    token: string,
    tracing: InsertTraceOptions = {},
    repeated = false,
  ): Promise<void> {
    if (events.length === 0) return;
    const spans = new InsertSpans(tracing);
    await (repeated ? repeatInsert : insertRows)(this.client, this.table, events, token, spans);
  }
}
