import type { ClickHouseClient } from '@clickhouse/client';
import { databaseOf, type ExplanationRecord } from '#contracts';
import {
  applyTables,
  createClickHouse,
  ExplanationLog,
  planTables,
  PredictionLog,
  predictionWithExplanationQuery,
  runQuery,
  type LoggedExplanation,
} from '#platform/clickhouse';
import { stack, uniqueName } from '#platform/testing';
import { aPipeline, aPrediction, aRecord } from './a-prediction.js';

/** Of prediction `number`, which lies on partition `number % 2`. */
function anExplanation(number: number, changes: Partial<ExplanationRecord> = {}): LoggedExplanation {
  const { event_id, event_time, model_version, role } = aRecord(number);
  return {
    record: {
      event_id,
      event_time,
      model_version,
      role,
      prediction_partition: number % 2,
      prediction_offset: number,
      method: 'tree_shap',
      unit: 'log_odds',
      base_value: -0.5,
      output: 1.25,
      contributions: [
        { feature: 'price', contribution: -0.25 },
        { feature: 'day', contribution: 1.5 },
        { feature: 'hour_sin', contribution: 0.5 },
      ],
      why: 'sample',
      explained_at: Date.UTC(2026, 10, 21, 9),
      trace_id: '',
      ...changes,
    },
    partition: number % 2,
    offset: 100 + number,
  };
}

describe('explanations in ClickHouse', () => {
  const definition = aPipeline(uniqueName('explained'), { explain: { top: 2, sample: 1, when: null } });
  const { name } = definition;
  let client: ClickHouseClient;

  beforeAll(async () => {
    client = createClickHouse(stack().clickhouseUrl);
    await applyTables(client, await planTables(client, definition));
    await new PredictionLog(client, definition).append([aPrediction(0), aPrediction(1), aPrediction(2)], 'predictions');
    const log = new ExplanationLog(client, definition);
    await log.append([anExplanation(0), anExplanation(1)], 'explanations');
    // As after a death between the insert and the commit of the offset, and after one in the middle of the insert.
    await log.append([anExplanation(0), anExplanation(1)], 'explanations');
    await log.append([anExplanation(0), anExplanation(1)], 'forgotten', { repeated: true });
  });

  afterAll(async () => {
    await client.command({ query: `DROP DATABASE IF EXISTS ${databaseOf(name)}` });
    await client.close();
  });

  it('are there once, and importance is one query over them', async () => {
    const query =
      `SELECT feature, toUInt32(count()) AS rows, avg(abs(contribution)) AS importance\n` +
      `FROM ${databaseOf(name)}.explanations ARRAY JOIN contributions.feature AS feature, contributions.contribution AS contribution\n` +
      `GROUP BY feature ORDER BY importance DESC`;
    expect(await (await client.query({ query, format: 'JSONEachRow' })).json()).toEqual([
      { feature: 'day', rows: 2, importance: 1.5 },
      { feature: 'hour_sin', rows: 2, importance: 0.5 },
      { feature: 'price', rows: 2, importance: 0.25 },
    ]);
  });

  it('are found with their predictions', async () => {
    const [explained] = await runQuery(client, predictionWithExplanationQuery(name), { event_id: 'e-1' });
    expect(explained).toMatchObject({
      event_id: 'e-1',
      score: 0.75,
      price: 0.25,
      method: 'tree_shap',
      base_value: -0.5,
      output: 1.25,
      contributions: anExplanation(1).record.contributions,
      top_features: ['day', 'hour_sin'],
      why: 'sample',
    });
    const [unexplained] = await runQuery(client, predictionWithExplanationQuery(name), { event_id: 'e-2' });
    expect(unexplained).toMatchObject({ event_id: 'e-2', method: '', contributions: [], top_features: [] });
  });
});
