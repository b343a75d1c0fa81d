import type { ClickHouseClient } from '@clickhouse/client';
import type { PredictionRecord } from '#contracts';
import { insertRows } from './insert-rows.js';
import { InsertSpans, type InsertTraceOptions } from './insert-spans.js';
import { predictionsTable, type PredictionsTableInput } from './predictions.table.js';
import type { Table } from './table.js';
import { repeatInsert } from './repeat-insert.js';

/** The log of a pipeline's predictions in ClickHouse. */
export class PredictionLog {
  private readonly table: Table<PredictionRecord>;

  constructor(
    private readonly client: ClickHouseClient,
    definition: PredictionsTableInput,
  ) {
    this.table = predictionsTable(definition);
  }

  /**
   * Resolves when the records are stored. A repetition under the same token is stored once.
   *
   * @param token stands for exactly these records, e.g. `<topic>-<partition>-<start>-<end>`
   * @param repeated an earlier call with this token may have got somewhere: what it left out is looked for and added
   * @throws Retriable('clickhouse_unreachable') when ClickHouse is away or the table is not there yet
   */
  async append(
    records: readonly PredictionRecord[],
    token: string,
    tracing: InsertTraceOptions = {},
    repeated = false,
  ): Promise<void> {
    if (records.length === 0) return;
    const spans = new InsertSpans(tracing);
    await (repeated ? repeatInsert : insertRows)(this.client, this.table, records, token, spans);
  }
}
