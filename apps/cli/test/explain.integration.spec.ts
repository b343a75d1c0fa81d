import type { ModelVersion, PipelineDefinition, PredictionRecord } from '#contracts';
import { scoreRows, type TrainedModel } from '#domain/trained-model';
import { applyTables, createClickHouse, planTables, PredictionLog } from '#platform/clickhouse';
import { stack, uniqueName } from '#platform/testing';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { eddylineHere as eddyline, eddylineHereJson as eddylineJson } from './eddyline-here.js';
import { EVENT_SCHEMA, fileWith, pipelineFolder } from './run-eddyline.js';

/** Amounts above 50 are positive, whatever the hour; some are not known. */
function labelled(rows: number): string {
  const lines = Array.from({ length: rows }, (_, index) => {
    const amount = (index * 37) % 100;
    return `p-${index},c-1,2026-01-01T00:00:00Z,${amount},${(index * 7) % 24},${amount > 50 ? 1 : 0}`;
  });
  return ['id,customer,at,amount,hour,label', ...lines].join('\n');
}

interface Explained {
  readonly method: string;
  readonly unit: string;
  readonly base_value: number;
  readonly output: number;
  readonly contributions: readonly {
    readonly feature: string;
    readonly value: unknown;
    readonly contribution: number;
  }[];
}

describe('eddyline explain', () => {
  const pipeline = uniqueName('explained');
  const clickhouse = createClickHouse(stack().clickhouseUrl);
  let version: ModelVersion;

  beforeAll(async () => {
    const folder = await pipelineFolder(pipeline, { yaml: (text) => `${text}explain: { sample: 1% }\n` });
    await eddylineJson(['apply', join(folder, 'pipeline.yaml')]);
    const data = await fileWith('labelled.csv', labelled(300));
    const train = ['train', pipeline, '--from', data, '--label', 'label', '--set', 'trees=20', '--holdout', '0'];
    version = (await eddylineJson<{ version: ModelVersion }>([...train, '--register'])).version;
    await log('p-1', { amount: 80, hour: 3 });
  });

  afterAll(async () => {
    await clickhouse.command({ query: `DROP DATABASE IF EXISTS ${pipeline.replaceAll('-', '_')}` });
    await clickhouse.close();
  });

  /** As monitoring does, with the score that the version's model gives. */
  async function log(id: string, event: { readonly amount: number; readonly hour: number }): Promise<void> {
    const json = gunzipSync(await readFile(fileURLToPath(version.explainer!.artifactUri))).toString();
    const [score] = scoreRows(JSON.parse(json) as TrainedModel, [[event.amount, event.hour]]);
    const at = Date.UTC(2026, 0, 1);
    const definition = {
      name: pipeline,
      event: { schema: EVENT_SCHEMA, id: 'id', key: 'customer', time: 'at' },
      features: ['amount', 'hour'].map((name) => ({
        name,
        type: 'number' as const,
        kind: 'field' as const,
        field: name,
      })),
    } as unknown as PipelineDefinition;
    const record = {
      ...{ event_id: id, event_key: 'c-1', event_time: at, model: pipeline, model_version: version.version },
      ...{ model_sha256: version.sha256, role: 'champion', propensity: 1, features: event, flags: [], score: score! },
      ...{ class_scores: [], decision: score! >= 0.5 ? 'positive' : 'negative', threshold: 0.5, reasons: [] },
      ...{ predicted_at: at, scoring_ms: 1, trace_id: '', source: 'stream', input_topic: '', input_partition: 0 },
      ...{ input_offset: 0, pipeline_revision: 1, event: { id, customer: 'c-1', at, ...event } },
    } as unknown as PredictionRecord;
    await applyTables(clickhouse, await planTables(clickhouse, definition));
    await new PredictionLog(clickhouse, definition).append(
      [{ record, partition: 0, offset: 0, publishedAtMs: at }],
      id,
    );
  }

  it('tells what each feature of a prediction contributed, by the model that was trained', async () => {
    const told = await eddylineJson<Explained>(['explain', pipeline, 'p-1']);
    expect(told).toMatchObject({ event_id: 'p-1', decision: 'positive', method: 'tree_shap', unit: 'log_odds' });
    const [amount, hour] = told.contributions;
    expect(amount).toMatchObject({ feature: 'amount', value: 80 });
    expect(amount!.contribution).toBeGreaterThan(10 * Math.abs(hour!.contribution));
    expect(told.base_value + amount!.contribution + hour!.contribution).toBeCloseTo(told.output, 9);
  });

  it('draws it', async () => {
    const { exitCode, stdout } = await eddyline(['explain', pipeline, 'p-1']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^p-1: score 0\.\d+ \(positive\) by version 1, champion\nlog odds /);
    expect(stdout).toMatch(/\namount +80 +\+[\d.]+ +│█{20}\n/);
  });

  it('says that there is no such prediction', async () => {
    const { exitCode, stderr } = await eddyline(['explain', pipeline, 'p-2']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`the log of ${pipeline} holds no prediction of the event p-2`);
  });
});
