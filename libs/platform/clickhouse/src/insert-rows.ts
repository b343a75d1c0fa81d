import { Readable } from 'node:stream';
import type { ClickHouseClient } from '@clickhouse/client';
import { RowBinaryWriter } from './row-binary-writer.js';
import { classifyClickHouseError } from './clickhouse-errors.js';
import type { InsertSpans } from './insert-spans.js';
import { insertSql } from './table-sql.js';
import type { Table } from './table.js';

/** How long the server itself works on an insert before it gives up, in seconds. */
const MAX_EXECUTION_SECONDS = 20;

/** Encodes rows with a header of names and types, so that ClickHouse refuses rows for a table of another shape. */
export function encodeRows<Row>(table: Table<Row>, rows: readonly Row[]): Buffer {
  const writer = new RowBinaryWriter();
  writer.length(table.columns.length);
  for (const { name } of table.columns) writer.string(name);
  for (const { type } of table.columns) writer.string(type.sql);
  for (const row of rows) for (const { type, value } of table.columns) type.write(writer, value(row));
  return writer.bytes();
}

/**
 * Appends rows to a table; resolves when they are stored. Repeating the call with the same token and rows stores
 * nothing more, whether or not the first call was seen to succeed.
 *
 * @param token stands for exactly these rows. ClickHouse believes it: other rows under the same token are dropped silently
 * @throws Retriable('clickhouse_unreachable') or ClickHouseRefused
 */
export async function insertRows<Row>(
  client: ClickHouseClient,
  table: Table<Row>,
  rows: readonly Row[],
  token: string,
  spans: InsertSpans,
): Promise<void> {
  const body = encodeRows(table, rows);
  const finish = spans.start({ table, rows: rows.length, sizeBytes: body.length });
  try {
    const { stream } = await client.exec({
      query: insertSql(table),
      values: Readable.from([body], { objectMode: false }),
      clickhouse_settings: {
        async_insert: 0,
        insert_deduplicate: 1,
        insert_deduplication_token: token,
        deduplicate_blocks_in_dependent_materialized_views: 1,
        // A batch that spans many months must not stop the log.
        max_partitions_per_insert_block: '0',
        max_execution_time: MAX_EXECUTION_SECONDS,
        wait_end_of_query: 1,
      },
    });
    stream.resume();
    await new Promise<void>((resolve, reject) => stream.once('end', resolve).once('error', reject));
    finish();
  } catch (error) {
    const meaning = classifyClickHouseError(
      error,
      `inserting ${rows.length} rows into ${table.database}.${table.name}`,
    );
    finish(meaning);
    throw meaning;
  }
}
