import { sqlIdentifier, sqlString } from '#contracts';
import type { AliasColumn, Column, Table, TableSettings, View } from './table.js';

/** Inserts whose tokens are remembered. A retry that comes after this many other inserts would be stored again. */
export const DEDUPLICATION_WINDOW = 10_000;
/** For how long replicas remember tokens: 7 days. */
const DEDUPLICATION_SECONDS = 604_800;

export function createDatabaseSql(database: string, settings: TableSettings = {}): string {
  return `CREATE DATABASE IF NOT EXISTS ${sqlIdentifier(database)}${onCluster(settings)}`;
}

export function createTableSql(table: Table<never>, settings: TableSettings = {}): string {
  const engine = settings.engine ?? 'MergeTree';
  const lines = [
    ...table.columns.map(columnSql),
    ...table.aliases.map(aliasSql),
    ...table.indexes.map(
      ({ name, expression, type, granularity }) =>
        `INDEX ${sqlIdentifier(name)} ${expression} TYPE ${type} GRANULARITY ${granularity}`,
    ),
  ];
  const window =
    engine === 'MergeTree'
      ? `non_replicated_deduplication_window = ${DEDUPLICATION_WINDOW}`
      : `replicated_deduplication_window = ${DEDUPLICATION_WINDOW}, replicated_deduplication_window_seconds = ${DEDUPLICATION_SECONDS}`;
  const { replacedBy, partitionBy } = table;
  return [
    `CREATE TABLE IF NOT EXISTS ${qualifiedName(table)}${onCluster(settings)}`,
    `(\n${lines.map((line) => `  ${line}`).join(',\n')}\n)`,
    `ENGINE = ${replacedBy === undefined ? engine : `${engine.replace('MergeTree', 'ReplacingMergeTree')}(${sqlIdentifier(replacedBy)})`}`,
    ...(partitionBy === undefined ? [] : [`PARTITION BY ${partitionBy}`]),
    `ORDER BY (${table.orderBy.join(', ')})`,
    `SETTINGS ${window}`,
    `COMMENT ${sqlString(table.comment)}`,
  ].join('\n');
}

export function createViewSql(view: View, settings: TableSettings = {}): string {
  const name = `${qualifiedName(view)}${onCluster(settings)}`;
  return `CREATE OR REPLACE VIEW ${name} AS\n${view.select}\nCOMMENT ${sqlString(view.comment)}`;
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
  const names = table.columns.map(({ name }) => sqlIdentifier(name)).join(', ');
  return `INSERT INTO ${qualifiedName(table)} (${names}) FORMAT RowBinaryWithNamesAndTypes`;
}

export function qualifiedName({ database, name }: Pick<Table<never>, 'database' | 'name'>): string {
  return `${sqlIdentifier(database)}.${sqlIdentifier(name)}`;
}

function columnSql({ name, type, codec, comment }: Column<never>): string {
  return `${sqlIdentifier(name)} ${type.sql}${comment === '' ? '' : ` COMMENT ${sqlString(comment)}`}${codec === undefined ? '' : ` CODEC(${codec})`}`;
}

function aliasSql({ name, sqlType, of, comment }: AliasColumn): string {
  return `${sqlIdentifier(name)} ${sqlType} ALIAS ${sqlIdentifier(of)} COMMENT ${sqlString(comment)}`;
}

function onCluster({ cluster }: TableSettings): string {
  return cluster === undefined ? '' : ` ON CLUSTER ${sqlIdentifier(cluster)}`;
}
