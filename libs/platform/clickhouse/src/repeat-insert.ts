import { randomUUID } from 'node:crypto';
import type { ClickHouseClient } from '@clickhouse/client';
import { sqlIdentifier, sqlString } from '#contracts';
import { Retriable } from '#platform/outcomes';
import { classifyClickHouseError } from './clickhouse-errors.js';
import { insertRows } from './insert-rows.js';
import type { InsertSpans } from './insert-spans.js';
import { qualifiedName } from './table-sql.js';
import type { Column, Table } from './table.js';

/** Ids of a whole range stand in one statement. */
const MAX_QUERY_BYTES = 64 << 20;

/**
 * Inserts rows that an earlier insert under the same token may have stored, all of them, some, or none. The token alone does
 * not settle it: ClickHouse remembers only so many; and a MergeTree without replicas remembers a part's token before the part
 * itself is in place, so that a server killed between the two drops the repetition of a part that it does not have. So
 * the rows are looked for by their identity. Order:
 *
 * 1. all are there: done, however long ago the token was forgotten;
 * 2. inserted under the token, which drops what is there, also when the earlier insert comes through meanwhile;
 * 3. those that are missing still are inserted under a token of their own.
 *
 * With replicas, token and part are committed in one step, and a lagging replica would only seem to lack rows: (2) alone.
 * Rows of a table in which they replace one another are inserted again whatever is there, under a token that nobody has
 * used: that changes nothing, and those that were outranked could not be found.
 *
 * @throws Retriable('clickhouse_unreachable'), also while an insert under the token is still under way
 */
export async function repeatInsert<Row>(
  client: ClickHouseClient,
  table: Table<Row>,
  rows: readonly Row[],
  token: string,
  spans: InsertSpans,
): Promise<void> {
  if (table.replacedBy !== undefined) return insertRows(client, table, rows, `${token}+${randomUUID()}`, spans);
  const missing = await missingRows(client, table, rows, token);
  if (missing.length === 0) return;
  await insertRows(client, table, rows, token, spans);
  if (missing === rows) return;
  const left = await missingRows(client, table, rows, token);
  // Their repetition comes under the same token only if the same rows are left then.
  if (left.length > 0) await repeatInsert(client, table, left, `${token}+${left.length}`, spans);
}

/** @returns those that are not there; `rows` itself where that can't be told */
async function missingRows<Row>(
  client: ClickHouseClient,
  table: Table<Row>,
  rows: readonly Row[],
  token: string,
): Promise<readonly Row[]> {
  const { database, name } = table;
  try {
    const [state] = await select<[string, number]>(
      client,
      `SELECT (SELECT engine FROM system.tables WHERE database = ${sqlString(database)} AND name = ${sqlString(name)}),
              (SELECT toUInt32(count()) FROM system.processes WHERE Settings['insert_deduplication_token'] = ${sqlString(token)})`,
    );
    const [engine, underWay] = state!;
    if (engine !== 'MergeTree') return rows;
    if (underWay > 0) {
      throw new Retriable('clickhouse_unreachable', `an insert into ${database}.${name} is still under way`);
    }
    const columns = table.identity.map((of) => table.columns.find((column) => column.name === of)!);
    const [lookup] = columns;
    const ids = [...new Set(rows.map((row) => valueOf(lookup!, row)))];
    const stored = await select<string[]>(
      client,
      `SELECT DISTINCT ${columns.map(textOf).join(', ')}
       FROM ${qualifiedName(table)} WHERE ${sqlIdentifier(lookup!.name)} IN (${ids.join(', ')})`, // bare, for the index
    );
    const known = new Set(stored.map((values) => JSON.stringify(values)));
    return rows.filter((row) => !known.has(JSON.stringify(columns.map((column) => String(column.value(row))))));
  } catch (error) {
    if (error instanceof Retriable) throw error;
    throw classifyClickHouseError(error, `looking for rows of a repeated insert in ${database}.${name}`);
  }
}

function valueOf<Row>({ type, value }: Column<Row>, row: Row): string {
  const text = String(value(row));
  return isTime(type.sql) ? `fromUnixTimestamp64Milli(${text}, 'UTC')` : sqlString(text).replaceAll('\0', '\\0');
}

/** As JavaScript writes the value that goes into the column. */
function textOf({ name, type }: Column<never>): string {
  const column = sqlIdentifier(name);
  return `toString(${isTime(type.sql) ? `toUnixTimestamp64Milli(${column})` : column})`;
}

function isTime(sql: string): boolean {
  return sql.startsWith('DateTime64(3');
}

async function select<T>(client: ClickHouseClient, query: string): Promise<T[]> {
  const result = await client.query({
    query,
    format: 'JSONCompactEachRow',
    clickhouse_settings: { max_query_size: String(MAX_QUERY_BYTES) },
  });
  return result.json<T>();
}
