import type { ClickHouseClient } from '@clickhouse/client';
import { databaseOf, type PipelineDefinition } from '#contracts';
import { appendRows, type AppendOptions } from './append-rows.js';
import { modelReferenceTable, type ModelReferenceRow } from './model-reference.table.js';
import { runQuery } from './queries.js';
import { qualifiedName } from './table-sql.js';
import type { Table } from './table.js';

/** What a pipeline's models came with, in ClickHouse. */
export class ReferenceLog {
  private readonly table: Table<ModelReferenceRow>;
  private readonly database: string;

  constructor(
    private readonly client: ClickHouseClient,
    definition: Pick<PipelineDefinition, 'name' | 'features'>,
  ) {
    this.table = modelReferenceTable(definition);
    this.database = databaseOf(definition.name);
  }

  /** As PredictionLog.append. */
  async append(rows: readonly ModelReferenceRow[], token: string, options: AppendOptions = {}): Promise<void> {
    await appendRows(this.client, this.table, rows, token, options);
  }

  /**
   * @returns rows by model version, of those that have any
   * @throws Retriable('clickhouse_unreachable') when ClickHouse is away or the table is not there yet
   */
  async counts(): Promise<ReadonlyMap<string, number>> {
    const name = `${this.database} reference rows`;
    const text = `SELECT model_version, toUInt32(uniqExact(row)) AS rows FROM ${qualifiedName(this.table)} GROUP BY model_version`;
    const found = await runQuery<Record<string, never>, { model_version: string; rows: number }>(
      this.client,
      { name, toSql: () => text },
      {},
    );
    return new Map(found.map(({ model_version, rows }) => [model_version, rows]));
  }
}
