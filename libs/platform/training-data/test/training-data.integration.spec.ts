import type { ClickHouseClient } from '@clickhouse/client';
import { databaseOf, type OutcomeRecord, type PredictionRecord } from '#contracts';
import { applyTables, createClickHouse, OutcomeLog, planTables, type LoggedOutcome } from '#platform/clickhouse';
import { stack, uniqueName } from '#platform/testing';
import { readDataset, takeDataset, type DatasetDefinition } from '#platform/training-data';

const NAME = uniqueName('training');
const DEFINITION: DatasetDefinition = {
  name: NAME,
  event: {
    schema: {
      type: 'record',
      name: 'Reading',
      namespace: 'grid',
      fields: [
        { name: 'id', type: 'string' },
        { name: 'region', type: 'string' },
        { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
        { name: 'price', type: ['null', 'double'], default: null },
      ],
    },
    id: 'id',
    key: 'region',
    time: 'at',
  },
  features: [
    { name: 'price', type: 'number', kind: 'field', field: 'price' },
    { name: 'region', type: 'string', kind: 'field', field: 'region' },
    { name: 'doubled', type: 'number', kind: 'cel', expression: 'event.price * 2.0' },
  ],
  gates: { slices: { by: ['region'], worseBy: 1, minRows: 1 } } as unknown as DatasetDefinition['gates'],
};
const START = Date.UTC(1996, 4, 7);
const MINUTE = 60_000;

function outcome(number: number, offset: number, changes: Partial<OutcomeRecord> = {}): LoggedOutcome {
  const at = START + number * MINUTE;
  const price = number % 10 === 0 ? null : number / 7;
  const prediction: PredictionRecord = {
    event_id: `e-${String(number).padStart(5, '0')}`,
    event_key: 'NSW',
    event_time: at,
    model: NAME,
    model_version: '1',
    model_sha256: '',
    role: 'champion',
    propensity: 1,
    features: { price, region: 'NSW', doubled: price === null ? null : price * 2 },
    flags: [],
    score: 0.5,
    class_scores: [],
    decision: 'positive',
    threshold: 0.5,
    reasons: [],
    predicted_at: at,
    scoring_ms: 0,
    trace_id: '',
    source: 'stream',
    input_topic: '',
    input_partition: 0,
    input_offset: number,
    pipeline_revision: 1,
    event: { id: `e-${number}`, region: 'NSW', at, price },
    ...changes.prediction,
  };
  return {
    record: {
      event_id: prediction.event_id,
      label: number % 2,
      label_time: at + 30 * MINUTE,
      label_revision: 1,
      label_late: false,
      label_partition: 0,
      label_offset: offset,
      joined_at: Date.UTC(2026, 10, 21),
      published_at: at,
      prediction_partition: 0,
      prediction_offset: number,
      ...changes,
      prediction,
    },
    partition: 0,
    offset,
  };
}

describe('training data', () => {
  let client: ClickHouseClient;
  const everything = { fromMs: null, toMs: null, labelsUntilMs: null, maxRows: 100_000 };

  beforeAll(async () => {
    client = createClickHouse(stack().clickhouseUrl);
    await applyTables(client, await planTables(client, { ...DEFINITION, label: {} as never }));
    const log = new OutcomeLog(client, DEFINITION);
    const first = Array.from({ length: 3_000 }, (_, at) => outcome(at, at));
    await log.append(first, 'o-0');
    // Known an hour after its event: event 5 was the other way round.
    await log.append([outcome(5, 3_000, { label: 0, label_revision: 2, label_time: START + 65 * MINUTE })], 'o-1');
  });
  afterAll(async () => {
    await client.command({ query: `DROP DATABASE IF EXISTS ${databaseOf(NAME)}` });
    await client.close();
  });

  async function taken(
    range: Partial<typeof everything> | { labelsUntilMs: number } | { fromMs: number; toMs: number },
  ) {
    const answer = await takeDataset(client, DEFINITION, { ...everything, ...range }, { minRows: 1 });
    if (!answer.ok) throw new Error(answer.reason);
    return { ...answer, ...(await readDataset(answer.dataset.bytes)) };
  }

  it('is every labelled event with its features as they were served, in the order of time', async () => {
    const { rows, dataset } = await taken({});
    expect(rows).toHaveLength(3_000);
    expect(rows[10]).toEqual({
      id: 'e-00010',
      time: START + 10 * MINUTE,
      features: [null, 'NSW', null],
      label: 0,
      slices: ['NSW'],
    });
    expect(rows[11]!.features).toEqual([11 / 7, 'NSW', (11 / 7) * 2]);
    expect(rows[5]!.label).toBe(0);
    expect(dataset).toMatchObject({ rows: 3_000, fromMs: START, toMs: START + 2_999 * MINUTE });
  });

  it('is what was known at a time: no label from later, and none corrected since', async () => {
    const { rows } = await taken({ labelsUntilMs: START + 60 * MINUTE });
    expect(rows).toHaveLength(31);
    expect(rows[5]!.label).toBe(1);
  });

  it('keeps the newest where there are more than asked for, and to its range', async () => {
    const newest = await taken({ maxRows: 100 });
    expect(newest.rows.map(({ id }) => id)).toEqual((await taken({})).rows.slice(-100).map(({ id }) => id));
    const range = await taken({ fromMs: START + 10 * MINUTE, toMs: START + 20 * MINUTE });
    expect(range.rows.map(({ time }) => (time - START) / MINUTE)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  });

  it('has the same bytes each time, and its query gives the very rows to an analyst', async () => {
    const [first, again] = [await taken({ maxRows: 500 }), await taken({ maxRows: 500 })];
    expect(again.dataset.sha256).toBe(first.dataset.sha256);
    const analyst = createClickHouse(stack().clickhouseAnalystUrl);
    const result = await analyst.query({ query: first.query, format: 'JSONCompactEachRow' });
    const rows = await result.json<readonly [string, string, number, ...(number | string | null)[]]>();
    await analyst.close();
    expect(rows.map(([id]) => id)).toEqual(first.rows.map(({ id }) => id));
    expect(rows.map((row) => row.slice(3, 6))).toEqual(first.rows.map(({ features }) => features));
  });

  it('says so where there are too few rows', async () => {
    const answer = await takeDataset(client, DEFINITION, { ...everything, toMs: START }, { minRows: 50 });
    expect(answer).toMatchObject({ ok: false, rows: 0 });
    expect(answer.ok || answer.reason).toContain(`${NAME} has 0 labelled events before 1996-05-07T00:00:00.000Z`);
  });

  it('is given up when it is told to', async () => {
    const given = AbortSignal.abort(new Error('given up'));
    await expect(takeDataset(client, DEFINITION, everything, { minRows: 1, signal: given })).rejects.toThrow(
      'given up',
    );
  });
});
