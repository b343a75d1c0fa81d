import type { ClickHouseClient } from '@clickhouse/client';
import { databaseOf } from '#contracts';
import {
  applyTables,
  createClickHouse,
  logTotalsQuery,
  planTables,
  PredictionLog,
  QuarantineLog,
  runQuery,
  type QuarantinedEvent,
} from '#platform/clickhouse';
import { stack, TcpGate, uniqueName } from '#platform/testing';
import { aPipeline, aPrediction } from './a-prediction.js';

const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));

function aRefusal(changes: Partial<QuarantinedEvent> = {}): QuarantinedEvent {
  return {
    eventId: '',
    stage: 'validation',
    reason: 'not_avro',
    message: 'the value looks like JSON',
    topic: 'grid.events',
    partition: 0,
    offset: 7,
    timestampMs: Date.UTC(2026, 10, 21),
    key: null,
    value: ALL_BYTES,
    headers: { trace: ALL_BYTES, empty: Buffer.alloc(0) },
    attempt: 1,
    quarantinedAtMs: Date.UTC(2026, 10, 21, 1),
    quarantinePartition: 0,
    quarantineOffset: 3,
    traceId: '',
    ...changes,
  };
}

describe('the log in ClickHouse', () => {
  let client: ClickHouseClient;
  let analyst: ClickHouseClient;
  const pipelines: string[] = [];

  beforeAll(() => {
    client = createClickHouse(stack().clickhouseUrl);
    analyst = createClickHouse(stack().clickhouseAnalystUrl);
  });
  afterAll(async () => {
    for (const name of pipelines) await client.command({ query: `DROP DATABASE IF EXISTS ${databaseOf(name)}` });
    await Promise.all([client.close(), analyst.close()]);
  });

  async function givenPipeline(changes: Parameters<typeof aPipeline>[1] = {}) {
    const definition = aPipeline(uniqueName('log'), changes);
    pipelines.push(definition.name);
    await applyTables(client, await planTables(client, definition));
    return definition;
  }

  async function select(query: string): Promise<Record<string, unknown>[]> {
    return (await client.query({ query, format: 'JSONEachRow' })).json();
  }

  const totals = async (name: string) => (await runQuery(client, logTotalsQuery({ name }), {}))[0]!;

  it('stores a batch under one token once, however often it comes', async () => {
    const definition = await givenPipeline();
    const log = new PredictionLog(client, definition);
    const batch = Array.from({ length: 1_000 }, (_, number) => aPrediction(number));
    await log.append(batch, 'predictions-0-0-1000');
    // As after a death between the insert and the commit of the offset: another process repeats the range.
    await new PredictionLog(client, definition).append(batch, 'predictions-0-0-1000');
    await log.append([aPrediction(1_000)], 'predictions-0-1000-1001');
    expect(await totals(definition.name)).toMatchObject({ predictions: 1_001, events: 1_001, quarantined: 0 });
  });

  it('stores a batch once when its months fall into many partitions', async () => {
    const definition = await givenPipeline();
    const log = new PredictionLog(client, definition);
    const batch = Array.from({ length: 150 }, (_, month) =>
      aPrediction(month, { predicted_at: Date.UTC(2015, month, 1) }),
    );
    await log.append(batch, 'wide');
    await log.append(batch, 'wide');
    expect(await totals(definition.name)).toMatchObject({ predictions: 150 });
  });

  it('a repetition adds the rows that a killed server remembers and does not have, and no others', async () => {
    const definition = await givenPipeline();
    const database = databaseOf(definition.name);
    const odd = ['zürich "☂" \u0000', "it's", '\\', '', '\n\t\r'];
    const batch = Array.from({ length: 500 }, (_, number) =>
      aPrediction(number, number < odd.length ? { event_id: odd[number]! } : {}),
    );
    const refused = Array.from({ length: 50 }, (_, offset) => aRefusal({ quarantineOffset: offset }));
    const predictions = new PredictionLog(client, definition);
    const quarantine = new QuarantineLog(client, definition.name);
    const write = async (): Promise<void> => {
      await predictions.append(batch, 'range', { repeated: true });
      await quarantine.append(refused, 'range', { repeated: true });
    };
    await write();
    await write();
    expect(await totals(definition.name)).toMatchObject({ predictions: 500, quarantined: 50 });
    // As they would be after a death between the token and the part.
    for (const where of [
      'predictions DELETE WHERE input_offset % 5 = 0',
      'quarantine DELETE WHERE quarantine_offset > 40',
    ]) {
      await client.command({ query: `ALTER TABLE ${database}.${where} SETTINGS mutations_sync = 1` });
    }
    expect(await totals(definition.name)).toMatchObject({ predictions: 400, quarantined: 41 });
    await write();
    await write();
    expect(await totals(definition.name)).toMatchObject({ predictions: 500, quarantined: 50, events: 500 });
  });

  it('a repetition adds nothing that is there, also when its token was forgotten long ago', async () => {
    const definition = await givenPipeline();
    const predictions = new PredictionLog(client, definition);
    const batch = Array.from({ length: 50 }, (_, number) => aPrediction(number));
    await predictions.append(batch, 'first');
    await predictions.append(batch, 'the same rows, under a token that ClickHouse does not know', { repeated: true });
    expect(await totals(definition.name)).toMatchObject({ predictions: 50, events: 50 });
  });

  it('keeps what was served: fields and features by name, extremes, and nothing where there is nothing', async () => {
    const definition = await givenPipeline();
    await new PredictionLog(client, definition).append(
      [
        aPrediction(1, {
          flags: ['price.range'],
          reasons: [{ feature: 'price', contribution: -0.5 }],
          class_scores: [0.1, Number.NaN],
          score: Number.POSITIVE_INFINITY,
          input_offset: Number.MAX_SAFE_INTEGER,
          event_id: 'zürich "☂" \u0000',
        }),
        aPrediction(2, { event: null, features: { price: 7, day: null, hour_sin: null }, source: 'infer' }),
        aPrediction(3, { event_time: Number.MAX_SAFE_INTEGER }),
      ],
      'a',
    );
    const rows = await select(
      `SELECT event_id, reading, region, at, event_time, price, feature_price, day, feature_day, feature_hour_sin, event_score,
              flags, reasons.feature AS reason, isNaN(class_scores[2]) AS nan, toString(score) AS score, toString(input_offset) AS input_offset
       FROM ${databaseOf(definition.name)}.predictions ORDER BY predicted_at`,
    );
    const [first, infer, late] = rows;
    expect(first).toEqual({
      event_id: 'zürich "☂" \u0000',
      reading: 'zürich "☂" \u0000',
      region: 'NSW',
      at: '1996-05-07 00:30:00.000',
      event_time: '1996-05-07 00:30:00.000',
      price: 0.25,
      feature_price: 0.25,
      day: 2,
      feature_day: 2,
      feature_hour_sin: 1,
      event_score: 1.5,
      flags: ['price.range'],
      reason: ['price'],
      nan: 1,
      score: 'inf',
      input_offset: '9007199254740991',
    });
    expect(infer).toMatchObject({ price: 7, feature_price: 7, day: null, feature_day: null, event_score: null });
    expect(late).toMatchObject({ event_time: '2299-12-31 23:59:59.999' });
  });

  it('keeps refused bytes exactly, and tells no value from an empty one', async () => {
    const definition = await givenPipeline();
    const log = new QuarantineLog(client, definition.name);
    await log.append(
      [aRefusal(), aRefusal({ value: null, key: Buffer.alloc(0), quarantineOffset: 4, attempt: 2 })],
      'q-0-3-5',
    );
    const rows = await select(
      `SELECT hex(value) AS value, key, hex(headers['trace']) AS header, mapKeys(headers) AS names, attempt, kafka_timestamp
       FROM ${databaseOf(definition.name)}.quarantine ORDER BY quarantine_offset`,
    );
    const hex = ALL_BYTES.toString('hex').toUpperCase();
    expect(rows).toEqual([
      {
        value: hex,
        key: null,
        header: hex,
        names: ['trace', 'empty'],
        attempt: 1,
        kafka_timestamp: '2026-11-21 00:00:00.000',
      },
      {
        value: null,
        key: '',
        header: hex,
        names: ['trace', 'empty'],
        attempt: 2,
        kafka_timestamp: '2026-11-21 00:00:00.000',
      },
    ]);
  });

  it('finds an event by its id without reading the whole table', async () => {
    const definition = await givenPipeline();
    const batch = Array.from({ length: 50_000 }, (_, number) => aPrediction(number));
    await new PredictionLog(client, definition).append(batch, 'a');
    const query = `EXPLAIN indexes = 1 SELECT * FROM ${databaseOf(definition.name)}.predictions WHERE reading = 'e-31234'`;
    const plan = (await (await client.query({ query, format: 'TabSeparatedRaw' })).text()).replace(/\s+/g, ' ');
    expect(plan).toMatch(/Name: by_event_id .*Granules: [12]\/6/);
  });

  it('plans nothing for tables that fit, adds what is new, keeps what is gone', async () => {
    const definition = await givenPipeline();
    expect(await planTables(client, definition)).toEqual({ changes: [], refusals: [], kept: [] });
    await new PredictionLog(client, definition).append([aPrediction(1)], 'a');

    const fields = [
      ...definition.event.schema.fields.filter(({ name }) => name !== 'day'),
      { name: 'wind', type: 'double' as const },
    ];
    const changed = aPipeline(definition.name, {
      event: { ...definition.event, schema: { ...definition.event.schema, fields } },
      features: [{ name: 'wind', type: 'number', kind: 'field', field: 'wind' }],
    });
    const plan = await planTables(client, changed);
    const table = `${databaseOf(definition.name)}.predictions`;
    expect(plan.changes.map(({ summary }) => summary)).toEqual([
      `add column wind Nullable(Float64) to ${table}`,
      `add column feature_wind Nullable(Float64) to ${table}`,
    ]);
    expect([...plan.kept].sort()).toEqual([
      `${table}.day`,
      `${table}.feature_day`,
      `${table}.feature_hour_sin`,
      `${table}.feature_price`,
    ]);
    await applyTables(client, plan);

    const event = { ...aPrediction(2).record.event, wind: 3.5 };
    await new PredictionLog(client, changed).append([aPrediction(2, { event, features: { wind: 3.5 } })], 'b');
    // A process that still has the older definition goes on writing.
    await new PredictionLog(client, definition).append([aPrediction(3)], 'c');
    expect(await select(`SELECT event_id, wind, feature_wind, day FROM ${table} ORDER BY event_id`)).toEqual([
      { event_id: 'e-1', wind: null, feature_wind: null, day: 2 },
      { event_id: 'e-2', wind: 3.5, feature_wind: 3.5, day: null },
      { event_id: 'e-3', wind: null, feature_wind: null, day: 2 },
    ]);
  });

  it('waits while the tables are not there, and says which command makes them', async () => {
    const definition = aPipeline(uniqueName('log'));
    const append = new PredictionLog(client, definition).append([aPrediction()], 'a');
    await expect(append).rejects.toMatchObject({
      name: 'Retriable',
      code: 'clickhouse_unreachable',
      message: expect.stringMatching(/missing \(\d+ UNKNOWN_(DATABASE|TABLE)\): run `eddyline apply`/),
    });
  });

  it('waits while a column is not there yet', async () => {
    const definition = await givenPipeline();
    const { changes } = await planTables(client, aPipeline(definition.name, { features: [] }));
    expect(changes).toEqual([]);
    const wider = aPipeline(definition.name, {
      features: [...definition.features, { name: 'new', type: 'number', kind: 'cel', expression: '1.0' }],
    });
    await expect(new PredictionLog(client, wider).append([aPrediction()], 'a')).rejects.toMatchObject({
      name: 'Retriable',
      message: expect.stringContaining('16 NO_SUCH_COLUMN_IN_TABLE'),
    });
  });

  it('refuses loudly to write to a table of another shape, without quoting a row', async () => {
    const definition = await givenPipeline();
    await client.command({
      query: `ALTER TABLE ${databaseOf(definition.name)}.predictions MODIFY COLUMN day Nullable(String)`,
    });
    const secret = aPrediction(0, { event_key: 'customer 4711' });
    const failure: unknown = await new PredictionLog(client, definition)
      .append([secret], 'a')
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'ClickHouseRefused', code: 117 });
    expect(JSON.stringify(failure) + (failure as Error).message + (failure as Error).stack).not.toContain('4711');
  });

  it('waits while ClickHouse is away and stores the batch when it is back', async () => {
    const definition = await givenPipeline();
    const gate = new TcpGate(stack().clickhouseUrl);
    const gated = createClickHouse(await gate.open());
    try {
      const log = new PredictionLog(gated, definition);
      await log.append([aPrediction(1)], 'a');
      await gate.shut();
      await expect(log.append([aPrediction(2)], 'b')).rejects.toMatchObject({
        name: 'Retriable',
        code: 'clickhouse_unreachable',
      });
      await expect(planTables(gated, definition)).rejects.toMatchObject({ name: 'Retriable' });
      await gate.open();
      await log.append([aPrediction(2)], 'b');
      expect(await totals(definition.name)).toMatchObject({ predictions: 2, events: 2 });
    } finally {
      await gated.close();
      await gate.shut();
    }
  });

  it('lets analysts read and not write', async () => {
    const definition = await givenPipeline();
    await new PredictionLog(client, definition).append([aPrediction(1)], 'a');
    const query = `SELECT count() AS rows FROM ${databaseOf(definition.name)}.predictions`;
    expect(await (await analyst.query({ query, format: 'JSONEachRow' })).json()).toEqual([{ rows: 1 }]);
    await expect(new PredictionLog(analyst, definition).append([aPrediction(2)], 'b')).rejects.toMatchObject({
      name: 'ClickHouseRefused',
    });
  });
});
