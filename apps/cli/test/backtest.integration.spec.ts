import {
  databaseOf,
  type ModelVersion,
  type OutcomeRecord,
  type PipelineDefinition,
  type PredictionRecord,
} from '#contracts';
import { trainingPlanOf, trainingRowsOf, trainModel } from '#domain/learn';
import { createClickHouse, OutcomeLog, PredictionLog, type LoggedPrediction } from '#platform/clickhouse';
import { describeModel, OnnxModel, planModelLayout } from '#platform/onnx';
import { seededRandom, stack, uniqueName } from '#platform/testing';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadPipelineFile } from '../src/validate/load-pipeline-file.js';
import { eddylineHere, eddylineHereJson } from './eddyline-here.js';
import { pipelineFolder } from './run-eddyline.js';

const ROWS = 100_000;
const LABELLED = 20_000;
const START = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;
const SECTIONS = [
  'label: { schema: label.avsc, id: payment, field: fraud, time: known_at, within: 7d }',
  'gates: { metric: log_loss, slices: { by: [customer], worseBy: 0.1, minRows: 100 } }',
  '',
].join('\n');

interface Backtested {
  readonly ok: boolean;
  readonly rows: number;
  readonly labelled: number;
  readonly runtime: { readonly name: string; readonly version: string; readonly provider: string };
  readonly versions: readonly Record<string, unknown>[];
  readonly comparisons: readonly { readonly metric: string; readonly gain: number; readonly low: number }[];
  readonly candidate: { readonly flips: { readonly flipped: number; readonly slices: readonly object[] } } | null;
  readonly objections: readonly string[];
}

/** What a payment of this number is, and whether it was fraud: by chance, but more often where much is paid at night. */
const random = seededRandom(12);
const PAYMENTS = Array.from({ length: ROWS }, () => {
  const amount = 1_000 * random();
  const hour = Math.floor(24 * random());
  const isFraud = random() < 1 / (1 + Math.exp(-(amount - 600) / 120 - (hour < 6 ? 1 : -1)));
  return { features: [amount, hour], label: isFraud ? 1 : 0 };
});

describe('eddyline backtest', () => {
  let pipeline: string;
  let folder: string;
  let definition: PipelineDefinition;
  let first: ModelVersion;
  const clickhouse = createClickHouse(stack().clickhouseUrl, { requestTimeoutMs: 60_000 });

  beforeAll(async () => {
    pipeline = uniqueName('backtest');
    folder = await pipelineFolder(pipeline, { yaml: (text) => text + SECTIONS });
    const file = join(folder, 'pipeline.yaml');
    await eddylineHereJson(['apply', file]);
    const loaded = await loadPipelineFile(file);
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    definition = loaded.definition;
    // One that knows little, one that knows more, and one that has it the wrong way round.
    await writeFile(join(folder, 'poor.onnx'), trained(200, 5));
    await writeFile(join(folder, 'better.onnx'), trained(4_000, 40));
    await writeFile(
      join(folder, 'worse.onnx'),
      trained(500, 20, (label) => 1 - label),
    );
    first = (await register('poor.onnx')).version;
    await log(await readFile(join(folder, 'poor.onnx')));
  });
  afterAll(async () => {
    await clickhouse.command({ query: `DROP DATABASE IF EXISTS ${databaseOf(pipeline)}` });
    await clickhouse.close();
  });

  const register = (name: string) =>
    eddylineHereJson<{ readonly version: ModelVersion }>(['models', 'register', pipeline, join(folder, name)]);

  /** From rows that are not logged. */
  function trained(rows: number, trees: number, labelOf: (label: number) => number = (label) => label): Uint8Array {
    const some = PAYMENTS.slice(0, rows);
    const result = trainModel(
      trainingRowsOf(
        definition.features,
        some.map(({ features }) => features),
        some.map(({ label }) => labelOf(label)),
        { times: some.map((_, at) => at) },
      ),
      { ...trainingPlanOf(definition), parameters: { trees, leaves: 8 }, folds: 0, holdout: 0 },
    );
    if (!result.ok) throw new Error(JSON.stringify(result));
    return result.onnx;
  }

  /** Scores and logs every payment in batches of any size, as they come to inference. */
  async function log(onnx: Uint8Array): Promise<void> {
    const layout = planModelLayout(await describeModel(onnx), definition.features, definition.model.task);
    if (!layout.ok) throw new Error(layout.problems.join());
    const model = await OnnxModel.load(onnx, layout);
    const predictions: LoggedPrediction[] = [];
    for (let at = 0; at < ROWS;) {
      const batch = PAYMENTS.slice(at, at + 1 + Math.floor(500 * random()));
      const { scores } = await model.score(batch.map(({ features }) => features));
      for (const [index, score] of scores.entries()) predictions.push(prediction(at + index, score));
      at += batch.length;
    }
    await model.release();
    const served = new PredictionLog(clickhouse, definition);
    const labels = new OutcomeLog(clickhouse, definition);
    for (let at = 0; at < ROWS; at += 20_000) await served.append(predictions.slice(at, at + 20_000), `p-0-${at}`);
    await labels.append(
      predictions.slice(0, LABELLED).map((one, at) => ({ record: outcome(one, at), partition: 0, offset: at })),
      'o-0-0',
    );
  }

  function prediction(number: number, score: number): LoggedPrediction {
    const [amount, hour] = PAYMENTS[number]!.features as [number, number];
    const id = `p-${String(number).padStart(6, '0')}`;
    const at = START + number * MINUTE;
    const customer = number % 4 === 0 ? 'old' : 'new';
    const record: PredictionRecord = {
      event_id: id,
      event_key: customer,
      event_time: at,
      model: pipeline,
      model_version: first.version,
      model_sha256: first.sha256,
      role: 'champion',
      propensity: 1,
      features: { amount, hour },
      flags: [],
      score,
      class_scores: [],
      decision: score >= 0.5 ? 'positive' : 'negative',
      threshold: 0.5,
      reasons: [],
      predicted_at: at,
      scoring_ms: 1,
      trace_id: '',
      source: 'stream',
      input_topic: `${pipeline}.validated`,
      input_partition: 0,
      input_offset: number,
      pipeline_revision: 1,
      event: { id, customer, at, amount, hour },
    };
    return { record, partition: 0, offset: number, publishedAtMs: at };
  }

  function outcome({ record }: LoggedPrediction, offset: number): OutcomeRecord {
    return {
      event_id: record.event_id,
      label: PAYMENTS[offset]!.label,
      label_time: record.event_time + MINUTE,
      label_revision: 1,
      label_late: false,
      label_partition: 0,
      label_offset: offset,
      joined_at: record.event_time,
      published_at: record.event_time,
      prediction_partition: 0,
      prediction_offset: offset,
      prediction: record,
    };
  }

  async function backtest(args: readonly string[] = [], exitCode = 0): Promise<Backtested> {
    const run = await eddylineHere(['backtest', pipeline, ...args, '--json']);
    if (run.exitCode !== exitCode) throw new Error(`exit code ${run.exitCode}\n${run.stderr}`);
    return JSON.parse(run.stdout) as Backtested;
  }

  it(`makes ${ROWS} logged scores anew, each to the last bit`, async () => {
    const result = await backtest(['--tolerance', '0']);
    expect(result).toMatchObject({ ok: true, rows: ROWS, labelled: LABELLED, candidate: null, objections: [] });
    expect(result.runtime).toMatchObject({ name: 'onnxruntime-node', version: expect.stringMatching(/^\d+\.\d+\.\d+$/), provider: 'cpu' }); // prettier-ignore
    expect(result.versions).toEqual([
      { version: '1', rows: ROWS, equal: ROWS, beyond: 0, maxDifference: 0, worst: null, missing: null },
    ]);
  });

  it('says what a better candidate would have done, and passes it', async () => {
    const result = await backtest(['--model', join(folder, 'better.onnx')]);
    expect(result.versions).toMatchObject([{ rows: ROWS, equal: ROWS }]);
    const compared = Object.fromEntries(result.comparisons.map((one) => [one.metric, one]));
    expect(Object.keys(compared)).toEqual(['log_loss', 'roc_auc', 'accuracy']);
    expect(compared['log_loss']!.low).toBeGreaterThan(0);
    expect(result.candidate!.flips.flipped).toBeGreaterThan(0);
    expect(result.candidate!.flips.slices).toHaveLength(2);
  });

  it('fails a candidate that is worse on realised labels, and tells a person why', async () => {
    expect((await backtest(['--model', join(folder, 'worse.onnx')], 1)).objections).toEqual([
      expect.stringContaining('the candidate is not better by log_loss as the pipeline file asks (gates)'),
    ]);
    await register('better.onnx');
    const run = await eddylineHere(['backtest', pipeline, '--version', '2', '--last', '10d', '--rows', '5000']);
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toContain(`${pipeline}: 5,000 logged predictions, `);
    expect(run.stdout).toMatch(/VERSION\s+ROWS\s+EQUAL\s+BEYOND\s+FURTHEST\n\s+1\s+5,000\s+5,000\s+0\s+0\n/);
    expect(run.stdout).toContain('version 2 on the same events, against what was served');
    // The newest have none yet.
    expect(run.stdout).toContain('labels     none have come');
    expect(run.stdout).toContain('customer=new');
  });

  it('keeps to the range of event time that it is given', async () => {
    const day = (number: number) => new Date(START + number * 86_400_000).toISOString();
    expect(await backtest(['--from', day(3), '--to', day(5)])).toMatchObject({ rows: 2 * 1_440, labelled: 2 * 1_440 });
    const none = await backtest(['--from', day(3_000)], 1);
    expect(none).toMatchObject({ rows: 0, objections: ['there is nothing to replay'] });
  });

  it('refuses what is no candidate', async () => {
    const both = await eddylineHere(['backtest', pipeline, '--version', '1', '--model', 'x.onnx']);
    expect(both).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('give one of --version and --model') });
    const unknown = await eddylineHere(['backtest', pipeline, '--version', '9']);
    expect(unknown).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('has no version 9 (registered: 1, 2)'),
    });
    const other = join(import.meta.dirname, '../../../libs/platform/onnx/fixtures/columns.onnx');
    const misfit = await eddylineHere(['backtest', pipeline, '--model', other]);
    expect(misfit).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('columns.onnx does not fit the pipeline'),
    });
  });

  it('fails where the file of a version that served has changed, and where the log has', async () => {
    const path = fileURLToPath(first.artifactUri);
    const original = await readFile(path);
    try {
      await writeFile(path, await readFile(join(folder, 'better.onnx')));
      const result = await backtest(['--rows', '1000'], 1);
      expect(result.versions).toMatchObject([{ rows: 1_000, equal: 0, beyond: 1_000, missing: expect.stringContaining('is corrupted: its sha256 is') }]); // prettier-ignore
      expect(result.objections).toEqual([expect.stringContaining('stored scores did not come out again')]);
    } finally {
      await writeFile(path, original);
    }
    // What stands in the log must be what was served.
    await clickhouse.command({
      query: `ALTER TABLE ${databaseOf(pipeline)}.predictions UPDATE score = score + 0.001 WHERE event_id = 'p-099999' SETTINGS mutations_sync = 1`,
    });
    const changed = await backtest(['--rows', '1000'], 1);
    expect(changed.versions).toMatchObject([
      { rows: 1_000, equal: 999, beyond: 1, maxDifference: expect.closeTo(0.001, 9), worst: { id: 'p-099999' } },
    ]);
  });
});
