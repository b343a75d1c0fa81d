import type { ClickHouseClient } from '@clickhouse/client';
import { databaseOf, type AlertRecord, type MonitorResult } from '#contracts';
import {
  AlertLog,
  applyTables,
  createClickHouse,
  MonitorLog,
  OutcomeLog,
  planTables,
  PredictionLog,
  ReferenceLog,
  tablesOf,
  viewsOf,
  type LogTablesInput,
  type LoggedOutcome,
} from '#platform/clickhouse';
import { seededRandom, shuffled, stack, uniqueName } from '#platform/testing';
import { anOutcome, aPipeline, aPrediction, aRecord, EVENT_SCHEMA, LABEL, MONITORING } from './a-prediction.js';

describe('what comes back to the log', () => {
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

  async function givenPipeline(changes: Partial<LogTablesInput> = {}): Promise<LogTablesInput> {
    const definition = aPipeline(uniqueName('back'), { label: LABEL, monitoring: MONITORING, ...changes });
    pipelines.push(definition.name);
    await applyTables(client, await planTables(client, definition));
    return definition;
  }

  async function select(query: string, as = client): Promise<Record<string, unknown>[]> {
    return (await as.query({ query, format: 'JSONEachRow' })).json();
  }

  const outcomesOf = (definition: LogTablesInput, columns = 'event_id, label, label_revision') =>
    select(`SELECT ${columns} FROM ${databaseOf(definition.name)}.outcomes ORDER BY event_time`);

  async function revisionsOf(definition: LogTablesInput): Promise<unknown> {
    const [row] = await select(
      `SELECT toUInt32(count()) AS rows FROM ${databaseOf(definition.name)}.outcome_revisions`,
    );
    return row!['rows'];
  }

  it('the view has one row per event, with the label that holds, before ClickHouse has merged and after', async () => {
    const definition = await givenPipeline();
    const log = new OutcomeLog(client, definition);
    await log.append([anOutcome(1, 0, { label: 1 }), anOutcome(2, 1, { label: 1 })], 'o-0-0-2');
    await log.append([anOutcome(1, 2, { label: 0, label_revision: 2, label_late: true })], 'o-0-2-3');
    const expected = [
      { event_id: 'e-1', label: 0, label_revision: 2 },
      { event_id: 'e-2', label: 1, label_revision: 1 },
    ];
    expect(await outcomesOf(definition)).toEqual(expected);
    await client.command({ query: `OPTIMIZE TABLE ${databaseOf(definition.name)}.outcomes_latest FINAL` });
    expect(await outcomesOf(definition)).toEqual(expected);
    expect(await revisionsOf(definition)).toBe(3);
  });

  it('ends in the same, in whatever order labels, repetitions and corrections come', async () => {
    const labels = [0, 1, 2, 3, 4, 5].flatMap((event) =>
      [0, 1, 2].flatMap((revision) =>
        // Two sources that do not agree have sent this revision, one of them twice.
        [revision * 10 + event, revision * 10 + event + 5, revision * 10 + event].map((label) => ({
          event,
          revision,
          label,
        })),
      ),
    );
    const ends: unknown[] = [];
    for (const seed of [1, 2, 3]) {
      const definition = await givenPipeline();
      const log = new OutcomeLog(client, definition);
      const outcomes = shuffled(labels, seededRandom(seed)).map(({ event, revision, label }, offset) =>
        anOutcome(event, offset, { label, label_revision: revision }),
      );
      for (let at = 0; at < outcomes.length; at += 7) await log.append(outcomes.slice(at, at + 7), `o-0-${at}`);
      ends.push(await outcomesOf(definition));
      expect(await revisionsOf(definition)).toBe(labels.length);
    }
    expect(ends[0]).toHaveLength(6);
    expect(ends[0]).toEqual(Array.from({ length: 6 }, () => expect.objectContaining({ label_revision: 2 })));
    expect(ends[1]).toEqual(ends[0]);
    expect(ends[2]).toEqual(ends[0]);
  });

  it('a repeated range is stored once, and what a killed server does not have is added', async () => {
    const definition = await givenPipeline();
    const database = databaseOf(definition.name);
    const range: LoggedOutcome[] = Array.from({ length: 300 }, (_, at) =>
      anOutcome(at % 200, at, { label_revision: at < 200 ? 1 : 2, label: at < 200 ? 1 : 0 }),
    );
    const write = () => new OutcomeLog(client, definition).append(range, 'o-0-0-300', { repeated: true });
    await write();
    await write();
    expect(await revisionsOf(definition)).toBe(300);
    const before = await outcomesOf(definition);
    expect(before).toHaveLength(200);
    for (const table of ['outcome_revisions', 'outcomes_latest']) {
      await client.command({
        query: `ALTER TABLE ${database}.${table} DELETE WHERE outcome_offset % 3 = 0 SETTINGS mutations_sync = 1`,
      });
    }
    await write();
    await write();
    expect(await revisionsOf(definition)).toBe(300);
    expect(await outcomesOf(definition)).toEqual(before);
  });

  it('the view shows what the pipeline calls things, and hides what only settles ranks', async () => {
    const definition = await givenPipeline();
    await new OutcomeLog(client, definition).append([anOutcome(1, 0)], 'a');
    const [row] = await outcomesOf(definition, '*');
    expect(row).toMatchObject({
      label: 1,
      label_late: false,
      reading: 'e-1',
      region: 'NSW',
      at: '1996-05-07 00:30:00.000',
      price: 0.25,
      feature_price: 0.25,
      feature_hour_sin: 1,
      log_offset: 1,
      published_at: '2026-11-21 08:00:00.006',
    });
    expect(row).not.toHaveProperty('label_rank');
  });

  it('plans nothing for what fits, whatever the fields are called, and shows a new field', async () => {
    const odd = ['index', 'my field', 'date', 'label', 'final', 'offset', 'ünïcode'].map((name) => ({
      name,
      type: 'double' as const,
    }));
    const schema = { ...EVENT_SCHEMA, fields: [...EVENT_SCHEMA.fields, ...odd] };
    const event = { schema, id: 'reading', key: 'region', time: 'at' };
    const definition = await givenPipeline({ event });
    expect(await planTables(client, definition)).toEqual({ changes: [], refusals: [], kept: [] });
    const wider = {
      ...definition,
      event: { ...event, schema: { ...schema, fields: [...schema.fields, { name: 'wind', type: 'double' as const }] } },
    };
    await applyTables(client, await planTables(client, wider));
    expect(await planTables(client, wider)).toEqual({ changes: [], refusals: [], kept: [] });
    const prediction = aRecord(1, { event: { ...aRecord(1).event, wind: 3.5, label: 7 } });
    await new OutcomeLog(client, wider).append([anOutcome(1, 0, { prediction })], 'a');
    expect(await outcomesOf(wider, 'wind, label, event_label')).toEqual([{ wind: 3.5, label: 1, event_label: 7 }]);
  });

  it('a log from before predictions knew their place gets the columns, and its rows lie within every cut', async () => {
    const definition = await givenPipeline();
    const table = `${databaseOf(definition.name)}.predictions`;
    await new PredictionLog(client, definition).append([aPrediction(7)], 'a');
    for (const column of ['log_partition', 'log_offset', 'published_at']) {
      await client.command({ query: `ALTER TABLE ${table} DROP COLUMN ${column}` });
    }
    await applyTables(client, await planTables(client, definition));
    await new PredictionLog(client, definition).append([aPrediction(9)], 'b');
    const columns = 'event_id, log_partition, toInt32(log_offset) AS log_offset, published_at';
    expect(await select(`SELECT ${columns} FROM ${table} ORDER BY event_id`)).toEqual([
      { event_id: 'e-7', log_partition: 0, log_offset: 0, published_at: '1970-01-01 00:00:00.000' },
      { event_id: 'e-9', log_partition: 1, log_offset: 9, published_at: '2026-11-21 08:00:00.014' },
    ]);
  });

  it('keeps what monitors found and when they looked, once', async () => {
    const definition = await givenPipeline();
    const database = databaseOf(definition.name);
    const log = new MonitorLog(client, definition.name);
    const results = ['psi', 'rows'].map((metric) => aResult({ metric }));
    const tick = {
      tick: 3,
      eventsClock: Date.UTC(1996, 4, 7),
      labelsClock: null,
      cut: { predictions: [5, 6], outcomes: [], quarantine: [0, 2 ** 40] },
      tickedAt: Date.UTC(2026, 10, 21),
    };
    for (const token of ['first', 'after ClickHouse has forgotten the first']) {
      await log.appendResults(results, token, { repeated: true });
      await log.appendTicks([tick], token, { repeated: true });
    }
    expect(await select(`SELECT * FROM ${database}.monitor_results ORDER BY metric`)).toEqual([
      expect.objectContaining({
        monitor: 'drift',
        metric: 'psi',
        window_end: '1996-05-07 00:30:00.000',
        value: 0.25,
        p_value: null,
        rows: 600,
        recovered: true,
        query: 'SELECT 1',
      }),
      expect.objectContaining({ metric: 'rows' }),
    ]);
    expect(await select(`SELECT * FROM ${database}.monitor_ticks`)).toEqual([
      {
        tick: 3,
        events_clock: '1996-05-07 00:00:00.000',
        labels_clock: null,
        predictions_cut: [5, 6],
        outcomes_cut: [],
        quarantine_cut: [0, 1_099_511_627_776],
        ticked_at: '2026-11-21 00:00:00.000',
      },
    ]);
  });

  it('keeps alerts with their evidence, and what models were trained on', async () => {
    const definition = await givenPipeline();
    const database = databaseOf(definition.name);
    await new AlertLog(client, definition.name).append([{ record: anAlert(), partition: 0, offset: 4 }], 'a');
    expect(await select(`SELECT id, severity, slices, examples.offset AS offsets FROM ${database}.alerts`)).toEqual([
      {
        id: 'an alert',
        severity: 'critical',
        slices: [{ slice: 'region=NSW', value: 0.5, rows: 30 }],
        offsets: [9],
      },
    ]);
    const references = new ReferenceLog(client, definition);
    const rows = [0, 1].map((row) => ({
      modelVersion: '2',
      row,
      features: { price: row, day: null },
      score: 0.5,
      label: row === 0 ? null : 1,
    }));
    expect(await references.counts()).toEqual(new Map());
    await references.append(rows, 'first', { repeated: true });
    await references.append(rows, 'second', { repeated: true });
    expect(await references.counts()).toEqual(new Map([['2', 2]]));
    expect(await select(`SELECT * FROM ${database}.model_reference ORDER BY row`)).toEqual([
      {
        model_version: '2',
        row: 0,
        score: 0.5,
        label: null,
        feature_price: 0,
        feature_day: null,
        feature_hour_sin: null,
      },
      {
        model_version: '2',
        row: 1,
        score: 0.5,
        label: 1,
        feature_price: 1,
        feature_day: null,
        feature_hour_sin: null,
      },
    ]);
  });

  it('lets analysts read all of it and write none of it', async () => {
    const definition = await givenPipeline();
    const database = databaseOf(definition.name);
    for (const { name } of [...tablesOf(definition), ...viewsOf(definition)]) {
      expect(await select(`SELECT toUInt32(count()) AS rows FROM ${database}.${name}`, analyst)).toEqual([{ rows: 0 }]);
      for (const statement of [`TRUNCATE TABLE ${database}.${name}`, `DROP TABLE ${database}.${name}`]) {
        await expect(analyst.command({ query: statement })).rejects.toThrow();
      }
    }
    await expect(new OutcomeLog(analyst, definition).append([anOutcome(1, 0)], 'a')).rejects.toMatchObject({
      name: 'ClickHouseRefused',
    });
    await expect(
      analyst.command({ query: `CREATE OR REPLACE VIEW ${database}.outcomes AS SELECT 1` }),
    ).rejects.toThrow();
  });
});

function aResult(changes: Partial<MonitorResult>): MonitorResult {
  return {
    monitor: 'drift',
    kind: 'drift',
    metric: 'psi',
    subject: 'price',
    slice: '',
    value: 0.25,
    referenceValue: null,
    low: 0.1,
    high: 0.4,
    pValue: null,
    qValue: null,
    rows: 600,
    referenceRows: 1_000,
    coverage: null,
    verdict: 'ok',
    threshold: 0.5,
    recovered: true,
    explanation: '',
    windowStart: Date.UTC(1996, 4, 7),
    windowEnd: Date.UTC(1996, 4, 7, 0, 30),
    evaluatedAt: Date.UTC(2026, 10, 21),
    durationMs: 1.5,
    modelVersion: '2',
    pipelineRevision: 1,
    query: 'SELECT 1',
    ...changes,
  };
}

function anAlert(): AlertRecord {
  return {
    id: 'an alert',
    pipeline: 'grid',
    monitor: 'drift',
    kind: 'drift',
    metric: 'psi',
    subject: 'price',
    slice: '',
    state: 'firing',
    severity: 'critical',
    summary: 'PSI of price is 0.6, above 0.5',
    value: 0.6,
    threshold: 0.5,
    window_start: Date.UTC(1996, 4, 7),
    window_end: Date.UTC(1996, 4, 7, 0, 30),
    fired_at: Date.UTC(1996, 4, 7, 0, 30),
    noticed_at: Date.UTC(2026, 10, 21),
    model_version: '2',
    pipeline_revision: 1,
    query: 'SELECT 1',
    evidence: {
      rows: 600,
      reference_rows: null,
      reference_value: null,
      low: null,
      high: null,
      p_value: null,
      slices: [{ slice: 'region=NSW', value: 0.5, rows: 30 }],
      examples: [{ event_id: 'e-1', trace_id: '', partition: 0, offset: 9 }],
    },
  };
}
