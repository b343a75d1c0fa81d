import type { ClickHouseClient } from '@clickhouse/client';
import { databaseOf, sqlString } from '#contracts';
import { classifyClickHouseError } from './clickhouse-errors.js';
import { LIFECYCLE_TABLE } from './lifecycle.table.js';
import { tablesOf, viewsOf, type LogTablesInput } from './log-tables.js';
import { addColumnSql, createDatabaseSql, createTableSql, createViewSql, qualifiedName } from './table-sql.js';
import type { AliasColumn, Column, Table, TableSettings, View } from './table.js';

/** One statement that would bring the tables to what a definition needs. */
export interface TableChange {
  readonly kind: 'create_database' | 'create_table' | 'add_column' | 'create_view' | 'replace_view';
  /** `electricity`, `electricity.predictions` or `electricity.predictions.nsw_price`. */
  readonly subject: string;
  /** For a person, e.g. `add column nsw_price Nullable(Float64) to electricity.predictions`. */
  readonly summary: string;
  readonly sql: string;
}

/** A change that would give rows already logged another meaning; nothing is run while there is one. */
export interface TableRefusal {
  readonly subject: string;
  /** What stands against it, and what to do. */
  readonly message: string;
}

export interface TablePlan {
  /** In the order in which they must run. */
  readonly changes: readonly TableChange[];
  readonly refusals: readonly TableRefusal[];
  /** Columns that the definition no longer has. They stay, with the rows that hold them. */
  readonly kept: readonly string[];
}

/** A column as it is in ClickHouse. */
export interface ExistingColumn {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  /** Empty, `DEFAULT`, `ALIAS`, … */
  readonly default_kind: string;
  readonly default_expression: string;
  readonly comment: string;
}

/** A view as it is in ClickHouse. */
export interface ExistingView {
  readonly name: string;
  /** As ClickHouse writes it, in one line. */
  readonly select: string;
}

/** What is there: undefined when the database is not. */
export type ExistingTables =
  { readonly columns: readonly ExistingColumn[]; readonly views: readonly ExistingView[] } | undefined;

/** What is wanted. */
export interface WantedTables {
  readonly tables: readonly Table<never>[];
  readonly views: readonly View[];
}

/** What would be run to make ClickHouse fit a definition; reads only. */
export async function planTables(
  client: ClickHouseClient,
  definition: LogTablesInput,
  settings: TableSettings = {},
): Promise<TablePlan> {
  const existing = await readExisting(client, databaseOf(definition.name));
  return diffTables({ tables: tablesOf(definition), views: viewsOf(definition) }, existing, settings);
}

/** As planTables, for the one that all pipelines share. */
export async function planSharedTables(client: ClickHouseClient, settings: TableSettings = {}): Promise<TablePlan> {
  const existing = await readExisting(client, LIFECYCLE_TABLE.database);
  return diffTables({ tables: [LIFECYCLE_TABLE], views: [] }, existing, settings);
}

/**
 * Runs a plan. Each statement is idempotent, so a plan that was cut short is simply planned and applied again.
 *
 * @throws Error when the plan has refusals, Retriable when ClickHouse is away
 */
export async function applyTables(client: ClickHouseClient, plan: TablePlan): Promise<void> {
  if (plan.refusals.length > 0) {
    throw new Error(`tables were left as they are:\n${plan.refusals.map(({ message }) => `- ${message}`).join('\n')}`);
  }
  for (const { sql, summary } of plan.changes) {
    try {
      await client.command({ query: sql });
    } catch (error) {
      throw classifyClickHouseError(error, `trying to ${summary}`);
    }
  }
}

/** The pure part of planTables. */
export function diffTables(
  { tables, views }: WantedTables,
  existing: ExistingTables,
  settings: TableSettings = {},
): TablePlan {
  const changes: TableChange[] = [];
  const refusals: TableRefusal[] = [];
  const kept: string[] = [];
  const { database } = tables[0]!;
  if (existing === undefined) {
    const sql = createDatabaseSql(database, settings);
    changes.push({ kind: 'create_database', subject: database, summary: `create database ${database}`, sql });
  }
  for (const table of tables) {
    const name = qualifiedName(table);
    const there = new Map((existing?.columns ?? []).filter((c) => c.table === table.name).map((c) => [c.name, c]));
    if (there.size === 0) {
      const sql = createTableSql(table, settings);
      changes.push({ kind: 'create_table', subject: name, summary: `create table ${name}`, sql });
      continue;
    }
    const wanted = [...table.columns, ...table.aliases];
    for (const column of wanted) {
      const subject = `${name}.${column.name}`;
      const found = there.get(column.name);
      if (found === undefined) {
        const summary = `add column ${column.name} ${sqlTypeOf(column)} to ${name}`;
        changes.push({ kind: 'add_column', subject, summary, sql: addColumnSql(table, column, settings) });
      } else {
        const message = objectionTo(table, column, found);
        if (message !== undefined) refusals.push({ subject, message });
      }
    }
    const names = new Set(wanted.map((column) => column.name));
    for (const found of there.keys()) if (!names.has(found)) kept.push(`${name}.${found}`);
  }
  // After the tables, whose new columns they may show.
  for (const view of views) {
    const name = qualifiedName(view);
    const found = existing?.views.find((one) => one.name === view.name);
    const isSame = found !== undefined && bare(found.select) === bare(view.select);
    if (isSame) continue;
    const kind = found === undefined ? 'create_view' : 'replace_view';
    const summary = `${found === undefined ? 'create' : 'replace'} view ${name}`;
    changes.push({ kind, subject: name, summary, sql: createViewSql(view, settings) });
  }
  return { changes, refusals, kept };
}

/** ClickHouse has its own mind about where quotes are needed. */
function bare(select: string): string {
  return withoutSpace(select).replaceAll('`', '');
}

function objectionTo(
  table: Table<never>,
  column: Column<never> | AliasColumn,
  found: ExistingColumn,
): string | undefined {
  const subject = `${qualifiedName(table)}.${column.name}`;
  const wasAlias = found.default_kind === 'ALIAS';
  const isAlias = 'of' in column;
  if (found.comment !== '' && !sameMeaning(found.comment, column.comment)) {
    return `${subject} holds "${found.comment}" in the rows already logged and would now hold "${column.comment}": give the new field or feature another name`;
  }
  if (wasAlias !== isAlias || (isAlias && found.default_expression.replaceAll('`', '') !== column.of)) {
    const was = wasAlias ? `another name for ${found.default_expression}` : 'a stored column';
    const now = isAlias ? `another name for ${column.of}` : 'a stored column';
    return `${subject} is ${was} and would become ${now}, which would change the rows already logged: give the changed field or feature another name`;
  }
  const type = sqlTypeOf(column);
  if (withoutSpace(found.type) === withoutSpace(type)) return undefined;
  return `${subject} is ${found.type} and would become ${type}: give the field another name, or change the column first with ALTER TABLE ${qualifiedName(table)} MODIFY COLUMN`;
}

/** Comments of event fields and features say which they are; those of the record are prose, which may be reworded. */
function sameMeaning(before: string, after: string): boolean {
  const source = /^(event field|feature) ([^,]+)/;
  const [, kind, name] = source.exec(before) ?? [];
  const [, nowKind, nowName] = source.exec(after) ?? [];
  return kind === nowKind && name === nowName;
}

function sqlTypeOf(column: Column<never> | AliasColumn): string {
  return 'of' in column ? column.sqlType : column.type.sql;
}

/** ClickHouse breaks long types into lines. */
function withoutSpace(type: string): string {
  return type.replace(/\s+/g, '');
}

async function readExisting(client: ClickHouseClient, database: string): Promise<ExistingTables> {
  try {
    const name = sqlString(database);
    const rows = async <T>(query: string): Promise<T[]> =>
      (await client.query({ query, format: 'JSONEachRow' })).json<T>();
    const found = await rows(`SELECT name FROM system.databases WHERE name = ${name}`);
    if (found.length === 0) return undefined;
    const [columns, views] = await Promise.all([
      rows<ExistingColumn>(
        `SELECT table, name, type, default_kind, default_expression, comment FROM system.columns WHERE database = ${name} ORDER BY table, position`,
      ),
      rows<ExistingView>(
        `SELECT name, as_select AS select FROM system.tables WHERE database = ${name} AND engine = 'View'`,
      ),
    ]);
    return { columns, views };
  } catch (error) {
    throw classifyClickHouseError(error, `reading the tables of ${database}`);
  }
}
