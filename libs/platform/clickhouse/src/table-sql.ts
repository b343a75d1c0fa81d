import type { AliasColumn, Column, Table, TableSettings } from './table.js';

/** Inserts whose tokens are remembered. A retry that comes after this many other inserts would be stored again. */
export const DEDUPLICATION_WINDOW = 10_000;
/** For how long replicas remember tokens: 7 days. */
const DEDUPLICATION_SECONDS = 604_800;

export function createDatabaseSql(database: string, settings: TableSettings = {}): string {
  return `CREATE DATABASE IF NOT EXISTS ${identifier(database)}${onCluster(settings)}`;
}

export function createTableSql(table: Table<never>, settings: TableSettings = {}): string {
  const engine = settings.engine ?? 'MergeTree';
  const lines = [
    ...table.columns.map(columnSql),
    ...table.aliases.map(aliasSql),
    ...table.indexes.map(
      ({ name, expression, type, granularity }) =>
        `INDEX ${identifier(name)} ${expression} TYPE ${type} GRANULARITY ${granularity}`,
    ),
  ];
  const window =
    engine === 'MergeTree'
      ? `non_replicated_deduplication_window = ${DEDUPLICATION_WINDOW}`
      : `replicated_deduplication_window = ${DEDUPLICATION_WINDOW}, replicated_deduplication_window_seconds = ${DEDUPLICATION_SECONDS}`;
  return [
    `CREATE TABLE IF NOT EXISTS ${qualifiedName(table)}${onCluster(settings)}`,
    `(\n${lines.map((line) => `  ${line}`).join(',\n')}\n)`,
    `ENGINE = ${engine}`,
    `PARTITION BY ${table.partitionBy}`,
    `ORDER BY (${table.orderBy.join(', ')})`,
    `SETTINGS ${window}`,
    `COMMENT ${literal(table.comment)}`,
  ].join('\n');
}

export function addColumnSql(
  table: Table<never>,
  column: Column<never> | AliasColumn,
  settings: TableSettings = {},
): string {
  const definition = 'of' in column ? aliasSql(column) : columnSql(column);
  return `ALTER TABLE ${qualifiedName(table)}${onCluster(settings)} ADD COLUMN IF NOT EXISTS ${definition}`;
}

/** Columns are named, so that columns which the table has and this process does not know are left at their defaults. */
export function insertSql(table: Table<never>): string {
  const names = table.columns.map(({ name }) => identifier(name)).join(', ');
  return `INSERT INTO ${qualifiedName(table)} (${names}) FORMAT RowBinaryWithNamesAndTypes`;
}

/** Bare where that reads well, in backticks where it must be. */
export function identifier(name: string): string {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) && !RESERVED.has(name.toLowerCase())
    ? name
    : `\`${name.replace(/[\\`]/g, (c) => `\\${c}`)}\``;
}

export function literal(text: string): string {
  return `'${text.replace(/[\\']/g, (c) => `\\${c}`)}'`;
}

export function qualifiedName({ database, name }: Pick<Table<never>, 'database' | 'name'>): string {
  return `${identifier(database)}.${identifier(name)}`;
}

/** Names that begin something else where a column definition is expected. */
const RESERVED = new Set([
  'index',
  'constraint',
  'projection',
  'primary',
  'statistics',
  'interval',
  'date',
  'timestamp',
]);

function columnSql({ name, type, codec, comment }: Column<never>): string {
  return `${identifier(name)} ${type.sql}${comment === '' ? '' : ` COMMENT ${literal(comment)}`}${codec === undefined ? '' : ` CODEC(${codec})`}`;
}

function aliasSql({ name, sqlType, of, comment }: AliasColumn): string {
  return `${identifier(name)} ${sqlType} ALIAS ${identifier(of)} COMMENT ${literal(comment)}`;
}

function onCluster({ cluster }: TableSettings): string {
  return cluster === undefined ? '' : ` ON CLUSTER ${identifier(cluster)}`;
}
