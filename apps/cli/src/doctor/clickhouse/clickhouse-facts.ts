import type { ClickHouseClient } from '@clickhouse/client';
import { databaseOf, LIFECYCLE_DATABASE, sqlIdentifier, sqlString, type PipelineDefinition } from '#contracts';
import { classifyClickHouseError, planSharedTables, planTables, viewsOf, type TablePlan } from '#platform/clickhouse';
import { text } from 'node:stream/consumers';
import { attempt, type Attempt } from '../attempt.js';
import type { ClockReading } from '../judge-clock.js';

export interface DiskFacts {
  readonly name: string;
  readonly freeBytes: number;
  readonly totalBytes: number;
  readonly broken: boolean;
  readonly readOnly: boolean;
}

export interface ServerFacts {
  readonly version: string;
  readonly user: string;
  readonly clock: ClockReading;
  readonly disks: Attempt<readonly DiskFacts[]>;
  /** Parts in one partition from which inserts are slowed, and refused. */
  readonly partLimits: Attempt<{ readonly delay: number; readonly refuse: number }>;
}

export interface TableFacts {
  readonly name: string;
  readonly engine: string;
  readonly engineFull: string;
  readonly rows: number;
}

export interface DatabaseFacts {
  readonly plan: Attempt<TablePlan>;
  readonly tables: Attempt<readonly TableFacts[]>;
  /** Most active parts in one partition, by table. */
  readonly parts: Attempt<readonly { readonly table: string; readonly parts: number }[]>;
  /** Replicated tables that take no inserts now. */
  readonly readOnly: Attempt<readonly { readonly table: string }[]>;
  readonly stuckMutations: Attempt<readonly { readonly table: string; readonly reason: string }[]>;
  readonly brokenParts: Attempt<readonly { readonly table: string; readonly parts: number }[]>;
  /** Rights that the user does not have; empty where the server is too old to be asked. */
  readonly missingRights: Attempt<readonly string[]>;
}

const RIGHTS = ['SELECT', 'INSERT', 'CREATE TABLE', 'ALTER ADD COLUMN'] as const;
/** A view is replaced by one of another text. */
const VIEW_RIGHTS = ['CREATE VIEW', 'DROP VIEW'] as const;

export async function readServer(client: ClickHouseClient, deadlineMs: number): Promise<ServerFacts> {
  const [said] = await ask<{ version: string; user: string }>(
    client,
    'asking for its version',
    'SELECT version() AS version, currentUser() AS user',
  );
  // Over the connection that is open now: making one would blur the reading.
  const began = Date.now();
  const [time] = await ask<{ now: string }>(
    client,
    'asking for the time',
    'SELECT toUnixTimestamp64Milli(now64(3)) AS now',
  );
  const ended = Date.now();
  const clock = {
    aheadMs: Math.round(Number(time!.now) - (began + ended) / 2),
    uncertainMs: Math.ceil((ended - began) / 2),
  };
  const [disks, partLimits] = await Promise.all([
    attempt(deadlineMs, () => readDisks(client)),
    attempt(deadlineMs, () => readPartLimits(client)),
  ]);
  return { version: said!.version, user: said!.user, clock, disks, partLimits };
}

/** A database, and what should be in it. */
interface Examined {
  readonly database: string;
  readonly hasViews: boolean;
  plan(): Promise<TablePlan>;
}

/** What a pipeline's database is. */
export function readDatabase(
  client: ClickHouseClient,
  definition: PipelineDefinition,
  deadlineMs: number,
): Promise<DatabaseFacts> {
  const hasViews = viewsOf(definition).length > 0;
  const database = databaseOf(definition.name);
  return readFacts(client, { database, hasViews, plan: () => planTables(client, definition) }, deadlineMs);
}

/** What the database that all pipelines share is. */
export function readSharedDatabase(client: ClickHouseClient, deadlineMs: number): Promise<DatabaseFacts> {
  const plan = (): Promise<TablePlan> => planSharedTables(client);
  return readFacts(client, { database: LIFECYCLE_DATABASE, hasViews: false, plan }, deadlineMs);
}

/** Each question by itself: a user who may not see one system table sees the others. */
async function readFacts(client: ClickHouseClient, examined: Examined, deadlineMs: number): Promise<DatabaseFacts> {
  const where = `database = ${sqlString(examined.database)}`;
  const asked = <T>(doing: string, query: string): Promise<Attempt<readonly T[]>> =>
    attempt(deadlineMs, () => ask<T>(client, doing, query));
  const [plan, tables, parts, readOnly, stuckMutations, brokenParts, missingRights] = await Promise.all([
    attempt(deadlineMs, () => examined.plan()),
    asked<TableFacts>(
      'reading its tables',
      `SELECT name, engine, engine_full AS engineFull, toFloat64(ifNull(total_rows, 0)) AS rows FROM system.tables WHERE ${where}`,
    ),
    asked<{ table: string; parts: number }>(
      'reading its parts',
      `SELECT table, toFloat64(max(parts)) AS parts FROM (SELECT table, partition_id, count() AS parts FROM system.parts WHERE ${where} AND active GROUP BY table, partition_id) GROUP BY table`,
    ),
    asked<{ table: string }>(
      'reading its replicas',
      `SELECT table FROM system.replicas WHERE ${where} AND is_readonly`,
    ),
    asked<{ table: string; reason: string }>(
      'reading its mutations',
      `SELECT table, latest_fail_reason AS reason FROM system.mutations WHERE ${where} AND NOT is_done AND latest_fail_reason != ''`,
    ),
    asked<{ table: string; parts: number }>(
      'reading its detached parts',
      `SELECT table, toFloat64(count()) AS parts FROM system.detached_parts WHERE ${where} AND reason LIKE 'broken%' GROUP BY table`,
    ),
    attempt(deadlineMs, () => readMissingRights(client, examined)),
  ]);
  return { plan, tables, parts, readOnly, stuckMutations, brokenParts, missingRights };
}

async function readDisks(client: ClickHouseClient): Promise<readonly DiskFacts[]> {
  const disks = await ask<{ name: string; free: string; total: string; broken: number; readOnly: number }>(
    client,
    'reading its disks',
    'SELECT name, toString(unreserved_space) AS free, toString(total_space) AS total, is_broken AS broken, is_read_only AS readOnly FROM system.disks',
  );
  return disks.map(({ name, free, total, broken, readOnly }) => ({
    name,
    freeBytes: Number(free),
    totalBytes: Number(total),
    broken: Boolean(broken),
    readOnly: Boolean(readOnly),
  }));
}

async function readPartLimits(client: ClickHouseClient): Promise<{ delay: number; refuse: number }> {
  const [limits] = await ask<{ delay: number; refuse: number }>(
    client,
    'reading its limits',
    `SELECT toFloat64(anyIf(value, name = 'parts_to_delay_insert')) AS delay, toFloat64(anyIf(value, name = 'parts_to_throw_insert')) AS refuse FROM system.merge_tree_settings`,
  );
  return limits!;
}

/** Takes no FORMAT, so the client's `query`, which adds one, is not for it. */
async function readMissingRights(
  client: ClickHouseClient,
  { database, hasViews }: Examined,
): Promise<readonly string[]> {
  const missing: string[] = [];
  for (const right of [...RIGHTS, ...(hasViews ? VIEW_RIGHTS : [])]) {
    try {
      const { stream } = await client.exec({ query: `CHECK GRANT ${right} ON ${sqlIdentifier(database)}.*` });
      if ((await text(stream)).trim() !== '1') missing.push(right);
    } catch (error) {
      throw classifyClickHouseError(error, 'asking for rights');
    }
  }
  return missing;
}

async function ask<T>(client: ClickHouseClient, doing: string, query: string): Promise<readonly T[]> {
  try {
    return await (await client.query({ query, format: 'JSONEachRow' })).json<T>();
  } catch (error) {
    throw classifyClickHouseError(error, doing);
  }
}
