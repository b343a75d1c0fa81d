import type { ClickHouseClient } from '@clickhouse/client';
import { appendRows, type AppendOptions } from './append-rows.js';
import { explanationsTable, type ExplanationsTableInput, type LoggedExplanation } from './explanations.table.js';
import type { Table } from './table.js';

/** The log of a pipeline's explanations in ClickHouse. */
export class ExplanationLog {
  private readonly table: Table<LoggedExplanation>;

  constructor(
    private readonly client: ClickHouseClient,
    definition: ExplanationsTableInput,
  ) {
    this.table = explanationsTable(definition);
  }

  /** As PredictionLog.append. */
  async append(explanations: readonly LoggedExplanation[], token: string, options: AppendOptions = {}): Promise<void> {
    await appendRows(this.client, this.table, explanations, token, options);
  }
}
