import type { ClickHouseClient } from '@clickhouse/client';
import { databaseOf } from '#contracts';
import {
  applyTables,
  createClickHouse,
  planTables,
  PredictionLog,
  type LoggedPrediction,
  type LogTablesInput,
} from '#platform/clickhouse';
import { Retriable } from '#platform/outcomes';
import { eventually, faultOptions, faultRounds, recordFault, seededRandom, uniqueName } from '#platform/testing';
import { FaultStack } from '../support/fault-stack.js';

const KILLS = faultRounds({ small: 2, full: 20 });
/** Each month is a partition of the table, and so a part of its own that an insert writes. */
const MONTHS = 200;
const ROWS = 6_000;
const { seed } = faultOptions();

let stack: FaultStack;
let client: ClickHouseClient;
let definition: LogTablesInput;
let log: PredictionLog;

beforeAll(async () => {
  stack = await FaultStack.start();
  client = createClickHouse(stack.addresses.clickhouseUrl, { requestTimeoutMs: 20_000 });
});

/** Tables of a pipeline of its own. */
async function freshTables(): Promise<void> {
  definition = {
    name: uniqueName('partial'),
    event: {
      schema: { type: 'record', name: 'Nothing', fields: [{ name: 'id', type: 'string' }] },
      id: 'id',
      key: 'id',
      time: 'id',
    },
    features: [{ name: 'x', type: 'number', kind: 'field', field: 'x' }],
  };
  await applyTables(client, await planTables(client, definition));
  log = new PredictionLog(client, definition);
}

afterAll(async () => {
  await client?.close();
  await stack?.close();
});

function aBatch(batch: number): readonly LoggedPrediction[] {
  return Array.from({ length: ROWS }, (_, row) => ({
    record: {
      event_id: `${batch}-${row}`,
      event_key: 'k',
      event_time: Date.UTC(2026, 0, 1),
      model: definition.name,
      model_version: '1',
      model_sha256: 'ab'.repeat(32),
      role: 'champion',
      propensity: 1,
      features: { x: row },
      flags: [],
      score: 0.5,
      class_scores: [],
      decision: 'positive',
      threshold: 0.5,
      reasons: [],
      predicted_at: Date.UTC(2000, row % MONTHS, 1) + row,
      scoring_ms: 0.75,
      trace_id: '',
      source: 'infer',
      input_topic: '',
      input_partition: 0,
      input_offset: 0,
      pipeline_revision: 1,
      event: null,
    },
    partition: 0,
    offset: batch * ROWS + row,
    publishedAtMs: Date.UTC(2026, 0, 1),
  }));
}

interface Stored {
  readonly rows: number;
  readonly ids: number;
}

async function stored(batch: number): Promise<Stored> {
  const result = await client.query({
    query: `SELECT toUInt32(count()) AS rows, toUInt32(uniqExact(event_id)) AS ids
            FROM ${databaseOf(definition.name)}.predictions WHERE startsWith(event_id, '${batch}-')`,
    format: 'JSONEachRow',
  });
  return (await result.json<Stored>())[0]!;
}

/** Parts that the insert has finished. */
async function parts(): Promise<number> {
  const result = await client.query({
    query: `SELECT toUInt32(count()) AS parts FROM system.parts WHERE database = '${databaseOf(definition.name)}' AND active`,
    format: 'JSONEachRow',
  });
  return (await result.json<{ parts: number }>())[0]!.parts;
}

it('an insert that ClickHouse died in the middle of is completed by its repetition: what was there is not added again', async () => {
  const started = performance.now();
  const random = seededRandom(seed);
  const left: number[] = [];
  let [lost, duplicated] = [0, 0];
  for (let kill = 0; kill < KILLS; kill++) {
    await freshTables();
    const rows = aBatch(kill);
    let done = false;
    const first = log
      .append(rows, `token-${kill}`)
      .then(
        () => 'stored',
        (error: unknown) => error,
      )
      .finally(() => (done = true));
    const partsBefore = 1 + Math.floor((random() * MONTHS) / 2);
    while (!done && (await parts()) < partsBefore);
    await stack.kill('clickhouse');
    const outcome = await first;
    expect(outcome === 'stored' || outcome instanceof Retriable).toBe(true);
    await stack.start('clickhouse');
    left.push((await stored(kill)).rows);
    await eventually(() => log.append(rows, `token-${kill}`, { repeated: true }));
    const found = await stored(kill);
    lost += ROWS - found.ids;
    duplicated += found.rows - found.ids;
  }
  const partly = left.filter((rows) => rows > 0 && rows < ROWS).length;
  recordFault({
    fault: 'insert repeated after ClickHouse died in it',
    title: 'clickhouse-partial-insert',
    runs: KILLS,
    clickhouseOutages: KILLS,
    published: KILLS * ROWS,
    lost,
    duplicated,
    seed,
    seconds: (performance.now() - started) / 1_000,
    measured: { writtenInPart: partly, rowsLeftByEach: left.join(' ') },
  });
  expect({ lost, duplicated }).toEqual({ lost: 0, duplicated: 0 });
});

it('an insert that failed behind its first partitions is completed by its repetition, in the table and in what reads from it', async () => {
  const started = performance.now();
  await freshTables();
  const database = databaseOf(definition.name);
  await client.command({ query: `CREATE TABLE ${database}.gate (shut UInt8) ENGINE = MergeTree ORDER BY tuple()` });
  await client.command({
    query: `CREATE TABLE ${database}.copies (event_id String, predicted_at DateTime64(3)) ENGINE = MergeTree
            PARTITION BY toYYYYMM(predicted_at) ORDER BY event_id SETTINGS non_replicated_deduplication_window = 1000`,
  });
  // Refuses the rows of one month while the gate is shut: the table itself has the block by then.
  await client.command({
    query: `CREATE MATERIALIZED VIEW ${database}.copying TO ${database}.copies AS
            SELECT event_id, predicted_at FROM ${database}.predictions
            WHERE throwIf(toYYYYMM(predicted_at) = 201006 AND (SELECT count() FROM ${database}.gate) > 0) = 0`,
  });
  await client.command({ query: `INSERT INTO ${database}.gate VALUES (1)` });
  const rows = aBatch(0);
  await expect(log.append(rows, 'token')).rejects.toThrow();
  const { rows: before } = await stored(0);
  await client.command({ query: `TRUNCATE TABLE ${database}.gate` });
  await log.append(rows, 'token');
  await log.append(rows, 'token');
  const found = await stored(0);
  const copies = await client.query({
    query: `SELECT toUInt32(count()) AS rows, toUInt32(uniqExact(event_id)) AS ids FROM ${database}.copies`,
    format: 'JSONEachRow',
  });
  const [copied] = await copies.json<Stored>();
  recordFault({
    fault: 'insert repeated after it failed in part',
    title: 'clickhouse-partial-insert',
    runs: 1,
    published: ROWS,
    lost: ROWS - found.ids + (ROWS - copied!.ids),
    duplicated: found.rows - found.ids + (copied!.rows - copied!.ids),
    seed,
    seconds: (performance.now() - started) / 1_000,
    measured: { rowsLeftByTheFailure: before },
  });
  expect({ found, copied }).toEqual({ found: { rows: ROWS, ids: ROWS }, copied: { rows: ROWS, ids: ROWS } });
});
