import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { BuiltInTrainer, ModelTask } from '#contracts';
import { scoreRows, type FeatureRow, type FeatureType, type TrainedModel } from '#domain/trained-model';
import { seededUniforms } from '#domain/statistics';
import { trainModel } from './train-model.js';
import type { TrainingPlan } from './training-plan.js';
import { trainingRowsOf } from './training-rows.js';

const NUMBERS: readonly FeatureType[] = [
  { name: 'amount', type: 'number' },
  { name: 'hour', type: 'number' },
  { name: 'age', type: 'number' },
];
const MIXED: readonly FeatureType[] = [
  ...NUMBERS,
  { name: 'country', type: 'string' },
  { name: 'label', type: 'string' },
];
const CLASSES = 3;

/** Money, hours and ratios, a tenth of each missing; countries of which some are rare, and some never seen in training. */
function rowsOf(features: readonly FeatureType[], count: number, seed: number, countries: number): FeatureRow[] {
  const uniform = seededUniforms(seed);
  const maybe = <T>(value: T): T | null => (uniform() < 0.1 ? null : value);
  return Array.from({ length: count }, () => {
    const row = [
      maybe(Math.round(uniform() ** 3 * 1e6) / 100),
      maybe(Math.floor(uniform() * 24)),
      maybe(uniform() * 3 - 1),
      maybe(`c${Math.floor(uniform() ** 2 * countries)}`),
      maybe(uniform() < 0.5 ? 'yes' : 'no'),
    ];
    return row.slice(0, features.length);
  });
}

function labelsOf(rows: readonly FeatureRow[], task: ModelTask): number[] {
  const uniform = seededUniforms(99);
  return rows.map(([amount, hour, age, country = null]) => {
    const signal =
      Number(amount ?? 900) / 2_000 + Math.sin(Number(hour ?? 3)) + Number(age ?? 0.7) * (country === 'c1' ? -2 : 1);
    const noisy = signal + uniform() - 0.5;
    if (task === 'regression') return 1_000 + 250 * noisy;
    return task === 'binary-classification' ? Number(noisy > 1) : Math.min(CLASSES - 1, Math.max(0, Math.floor(noisy)));
  });
}

function planOf(trainer: BuiltInTrainer, task: ModelTask, changes: Partial<TrainingPlan> = {}): TrainingPlan {
  return {
    pipeline: 'payments',
    ...{ task, trainer },
    classes: task === 'multiclass-classification' ? CLASSES : null,
    threshold: 0.5,
    parameters: trainer === 'linear' ? {} : { trees: 40 },
    ...{ search: null, metric: null, holdout: 0.1, folds: 2, calibration: 'none', seed: 7, metadata: {} },
    ...changes,
  };
}

function trained(features: readonly FeatureType[], plan: TrainingPlan) {
  const rows = rowsOf(features, 3_000, 1, 30);
  const times = rows.map((_, row) => row * 1_000);
  const result = trainModel(trainingRowsOf(features, rows, labelsOf(rows, plan.task), { times }), plan);
  if (!result.ok) throw new Error(result.kind === 'refused' ? result.message : result.kind);
  return result;
}

async function scoresOfFile(onnx: Uint8Array, features: readonly FeatureType[], rows: readonly FeatureRow[]) {
  const session = await InferenceSession.create(onnx, { intraOpNumThreads: 1 });
  const numeric = features.every(({ type }) => type === 'number');
  const column = (at: number) =>
    features[at]!.type === 'string'
      ? new Tensor('string', rows.map((row) => (row[at] as string | null) ?? ''), [rows.length, 1]) // prettier-ignore
      : new Tensor(
          'float32',
          Float32Array.from(rows, (row) => (row[at] as number | null) ?? NaN),
          [rows.length, 1],
        );
  const matrix = () => Float32Array.from(rows.flat(), (value) => (value as number | null) ?? NaN);
  const feeds = numeric
    ? { features: new Tensor('float32', matrix(), [rows.length, features.length]) }
    : Object.fromEntries(features.map(({ name }, at) => [name, column(at)]));
  const outputs = await session.run(feeds);
  await session.release();
  return outputs;
}

/** Largest distance of a file's scores from the model's, the latter relative to 1 where they are larger. */
async function largestGap(model: TrainedModel, onnx: Uint8Array, features: readonly FeatureType[]): Promise<number> {
  const rows = rowsOf(features, 20_000, 2, 45);
  const expected = scoreRows(model, rows);
  const outputs = await scoresOfFile(onnx, features, rows);
  const given = outputs['probabilities'] ?? outputs['value']!;
  const width = given.dims[1]!;
  const isBinary = model.task === 'binary-classification';
  let largest = 0;
  for (let at = 0; at < expected.length; at++) {
    const score = Number(given.data[isBinary ? at * width + 1 : at]);
    largest = Math.max(largest, Math.abs(score - expected[at]!) / Math.max(1, Math.abs(expected[at]!)));
  }
  return largest;
}

const TASKS = ['binary-classification', 'multiclass-classification', 'regression'] as const;
const TRAINERS = ['gbdt', 'random-forest', 'linear'] as const;
const CASES = TRAINERS.flatMap((trainer) => TASKS.map((task) => [trainer, task] as const));

describe('an exported model', () => {
  it.each(CASES)('gives what the trainer gives within 1e-6: %s, %s, numbers', async (trainer, task) => {
    const { model, onnx } = trained(NUMBERS, planOf(trainer, task));
    expect(await largestGap(model, onnx, NUMBERS)).toBeLessThan(1e-6);
  });

  it.each(CASES)('gives what the trainer gives within 1e-6: %s, %s, with strings', async (trainer, task) => {
    const { model, onnx } = trained(MIXED, planOf(trainer, task));
    expect(await largestGap(model, onnx, MIXED)).toBeLessThan(1e-6);
  });

  it.each(TRAINERS.flatMap((trainer) => (['platt', 'isotonic'] as const).map((method) => [trainer, method] as const)))(
    'gives what the trainer gives within 1e-6: %s, calibrated by %s',
    async (trainer, calibration) => {
      const { model, onnx } = trained(NUMBERS, planOf(trainer, 'binary-classification', { calibration }));
      expect(await largestGap(model, onnx, NUMBERS)).toBeLessThan(1e-6);
    },
  );
});
