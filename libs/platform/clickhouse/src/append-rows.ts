import type { ClickHouseClient } from '@clickhouse/client';
import { insertRows } from './insert-rows.js';
import { InsertSpans, type InsertTraceOptions } from './insert-spans.js';
import { repeatInsert } from './repeat-insert.js';
import type { Table } from './table.js';

export interface AppendOptions {
  readonly tracing?: InsertTraceOptions;
  /** An earlier call with this token may have got somewhere: what it left out is looked for and added. */
  readonly repeated?: boolean;
}

/**
 * Resolves when the rows are stored. A repetition under the same token is stored once.
 *
 * @param token stands for exactly these rows, e.g. `<topic>-<partition>-<start>-<end>`
 * @throws Retriable('clickhouse_unreachable') when ClickHouse is away or the table is not there yet
 */
export async function appendRows<Row>(
  client: ClickHouseClient,
  table: Table<Row>,
  rows: readonly Row[],
  token: string,
  { tracing, repeated = false }: AppendOptions = {},
): Promise<void> {
  if (rows.length === 0) return;
  const spans = new InsertSpans(tracing);
  await (repeated ? repeatInsert : insertRows)(client, table, rows, token, spans);
}
