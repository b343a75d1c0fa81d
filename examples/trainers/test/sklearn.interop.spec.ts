import type { Feature } from '#contracts';
import { OnnxModel, planModelLayout, describeModel } from '#platform/onnx';
import { pythonWith, seededRandom } from '#platform/testing';
import { trainByCommand, type CommandTraining } from '#platform/trainers';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../..');
const FEATURES: readonly Feature[] = [
  { name: 'price', type: 'number', kind: 'field', field: 'price' },
  { name: 'demand', type: 'number', kind: 'field', field: 'demand' },
  { name: 'region', type: 'string', kind: 'field', field: 'region' },
];

const random = seededRandom(4);
const rows: CommandTraining['rows'] = Array.from({ length: 4_000 }, (_, at) => {
  const price = at % 17 === 0 ? null : random();
  const region = at % 23 === 0 ? null : at % 2 === 0 ? 'north' : 'south';
  const pull = 4 * ((price ?? 0.8) - 0.5) + (region === 'north' ? 1 : -1);
  const label = random() < 1 / (1 + Math.exp(-pull)) ? 1 : 0;
  return { id: `e-${at}`, time: at * 60_000, features: [price, 100 * random(), region], label, slices: [] };
});

describe('a trainer with scikit-learn', () => {
  let python: string;
  let directory: string;

  beforeAll(async () => {
    python = await pythonWith(join(ROOT, 'examples/trainers/sklearn/requirements.txt'));
    directory = await mkdtemp(join(tmpdir(), 'eddyline-sklearn-'));
  }, 600_000);
  afterAll(() => rm(directory, { recursive: true }));

  const train = (changes: Partial<CommandTraining> = {}) =>
    trainByCommand({
      trainer: {
        kind: 'command',
        command: [python, 'examples/trainers/sklearn/train.py'],
        timeoutMs: 300_000,
        memoryBytes: 4 * 1024 ** 3,
      },
      pipeline: 'grid',
      features: FEATURES,
      task: 'binary-classification',
      classes: null,
      rows,
      holdoutRows: 0,
      seed: 7,
      metric: 'log_loss',
      folder: join(directory, 'run'),
      directory: ROOT,
      environment: { PATH: '/usr/bin:/bin', OMP_NUM_THREADS: '1' },
      ...changes,
    });

  it('learns from the Parquet file, missing values too, and its model scores as it should', async () => {
    const result = await train();
    if (!result.ok) throw new Error(result.output.slice(-2_000));
    expect(result.output).toContain('4000 rows, 0 newer ones held out');
    expect(result.metrics['validation.log_loss']).toBeLessThan(0.62);
    const layout = planModelLayout(await describeModel(result.onnx), FEATURES, 'binary-classification');
    if (!layout.ok) throw new Error(layout.problems.join());
    expect(layout.input.kind).toBe('columns');
    const model = await OnnxModel.load(result.onnx, layout);
    const { scores, problems } = await model.score(rows.map(({ features }) => features));
    expect(problems.size).toBe(0);
    const mean = (label: number): number => {
      const own = rows.flatMap((row, at) => (row.label === label ? [scores[at]!] : []));
      return own.reduce((sum, score) => sum + score, 0) / own.length;
    };
    expect(mean(1) - mean(0)).toBeGreaterThan(0.2);
    // Missing and never seen before.
    const odd = await model.score([[null, null, null], [0.5, 50, 'never seen']]); // prettier-ignore
    expect([...odd.scores].every((score) => score > 0 && score < 1)).toBe(true);
    await model.release();
  }, 600_000);

  it('learns a regression', async () => {
    const result = await train({
      task: 'regression',
      metric: 'rmse',
      rows: rows.map((row) => ({ ...row, label: 10 * Number(row.features[1]) + row.label })),
    });
    if (!result.ok) throw new Error(result.output.slice(-2_000));
    expect(result.metrics['validation.rmse']).toBeLessThan(30);
  }, 600_000);
});
