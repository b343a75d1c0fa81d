import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { BuiltInTrainer, ModelTask } from '#contracts';
import { toOnnx } from '#domain/onnx-format';
import {
  scoreRows,
  type FeatureRow,
  type FeatureType,
  type TrainedModel,
  type Tree,
  type TreeEnsemble,
} from '#domain/trained-model';
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
    parameters: trainer === 'linear' ? {} : { trees: 20 },
    ...{ monotone: {}, search: null, metric: null, holdout: 0, folds: 0, calibration: 'none', seed: 7, metadata: {} },
    ...changes,
  };
}

/** With missing values, and in the strings levels that no training row had. */
const UNSEEN = new Map([NUMBERS, MIXED].map((features) => [features, rowsOf(features, 20_000, 2, 45)]));

function trained(features: readonly FeatureType[], plan: TrainingPlan) {
  const rows = rowsOf(features, 1_000, 1, 30);
  const times = rows.map((_, row) => row * 1_000);
  const result = trainModel(trainingRowsOf(features, rows, labelsOf(rows, plan.task), { times }), plan);
  if (!result.ok) throw new Error(result.kind === 'refused' ? result.message : result.kind);
  return result;
}

async function outputsOf(onnx: Uint8Array, features: readonly FeatureType[], rows: readonly FeatureRow[]) {
  const session = await InferenceSession.create(onnx, { intraOpNumThreads: 1 });
  const numbers = (values: readonly (number | string | null)[], width: number) =>
    new Tensor(
      'float32',
      Float32Array.from(values, (value) => (value as number | null) ?? NaN),
      [rows.length, width],
    );
  const strings = (values: readonly (number | string | null)[]) =>
    new Tensor('string', values.map((value) => (value as string | null) ?? ''), [rows.length, 1]); // prettier-ignore
  const columnAt = (at: number) => rows.map((row) => row[at]!);
  const feeds = features.every(({ type }) => type === 'number')
    ? { features: numbers(rows.flat(), features.length) }
    : Object.fromEntries(
        features.map(({ name, type }, at) => [
          name,
          type === 'number' ? numbers(columnAt(at), 1) : strings(columnAt(at)),
        ]),
      );
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

/** Of a file, as `scoreRows` gives them. */
async function scoresOf(onnx: Uint8Array, features: readonly FeatureType[], rows: readonly FeatureRow[]) {
  const { probabilities, value } = await outputsOf(onnx, features, rows);
  const given = Float64Array.from((probabilities ?? value!).data as Float32Array);
  return probabilities?.dims[1] === 2 ? given.filter((_, at) => at % 2 === 1) : given;
}

/** Largest distance of a file's scores from the model's, relative to those beyond 1. */
async function largestGap(
  model: TrainedModel,
  onnx: Uint8Array,
  features: readonly FeatureType[],
  most = 20_000,
): Promise<number> {
  const rows = UNSEEN.get(features)!.slice(0, most);
  const expected = scoreRows(model, rows);
  const given = await scoresOf(onnx, features, rows);
  expect(given).toHaveLength(expected.length);
  // Scores that are all the same would agree with much.
  expect(new Set(expected).size).toBeGreaterThan(model.calibration === null ? 100 : 10);
  return expected.reduce((largest, score, at) => {
    return Math.max(largest, Math.abs(score - given[at]!) / Math.max(1, Math.abs(score)));
  }, 0);
}

const TASKS = ['binary-classification', 'multiclass-classification', 'regression'] as const;
const TRAINERS = ['gbdt', 'random-forest', 'linear'] as const;
const CASES = TRAINERS.flatMap((trainer) => TASKS.map((task) => [trainer, task] as const));

/** What rounding a score to float32 may change, relative to 1 or to what is larger. */
const ROUNDING = 2 ** -23;

describe('an exported model gives what the trainer gives, of 20,000 rows', () => {
  it.each(TASKS)('gbdt, %s, of numbers', async (task) => {
    const { model, onnx } = trained(NUMBERS, planOf('gbdt', task));
    expect(await largestGap(model, onnx, NUMBERS)).toBeLessThan(ROUNDING);
  });

  it.each(CASES)('%s, %s, of numbers and strings', async (trainer, task) => {
    const { model, onnx } = trained(MIXED, planOf(trainer, task));
    expect(await largestGap(model, onnx, MIXED)).toBeLessThan(ROUNDING);
  });

  it.each(TRAINERS.flatMap((trainer) => (['platt', 'isotonic'] as const).map((method) => [trainer, method] as const)))(
    '%s, calibrated by %s',
    async (trainer, calibration) => {
      const { model, onnx } = trained(NUMBERS, planOf(trainer, 'binary-classification', { calibration, folds: 2 }));
      expect(model.calibration === null).toBe(calibration === 'platt');
      expect(await largestGap(model, onnx, NUMBERS)).toBeLessThan(ROUNDING);
    },
  );
});

function eachTree(change: (tree: Tree) => Tree): (ensemble: TreeEnsemble) => TreeEnsemble {
  return (ensemble) => ({ ...ensemble, trees: ensemble.trees.map(change) });
}

describe('an exported model', () => {
  const { model, onnx } = trained(
    MIXED,
    planOf('gbdt', 'binary-classification', { calibration: 'isotonic', folds: 2 }),
  );
  const classes = trained(MIXED, planOf('gbdt', 'multiclass-classification'));

  /** Each a mistake that loads without a word. */
  const WRONG: Readonly<Record<string, (ensemble: TreeEnsemble) => TreeEnsemble>> = {
    'missing values on the other side': eachTree((tree) => ({
      ...tree,
      missingLeft: tree.missingLeft.map((left) => (left === 1 ? 0 : 1)),
    })),
    'branches swapped': eachTree((tree) => ({ ...tree, left: tree.right, right: tree.left })),
    'the base forgotten': (ensemble) => ({ ...ensemble, base: ensemble.base.map(() => 0) }),
    'trees of other classes': eachTree((tree) => ({ ...tree, output: (tree.output + 1) % CLASSES })),
  };

  it.each(Object.entries(WRONG))('differs where it was written with %s', async (_, spoilt) => {
    const right = classes.model;
    const wrong = { ...right, model: spoilt(right.model as TreeEnsemble) };
    expect(await largestGap(right, toOnnx(wrong, {}), MIXED, 1_000)).toBeGreaterThan(0.01);
  });

  it('differs where its calibration or its levels were left out', async () => {
    expect(await largestGap(model, toOnnx({ ...model, calibration: null }, {}), MIXED, 1_000)).toBeGreaterThan(0.01);
    const inputs = model.inputs.map((input) =>
      input.kind === 'ordinal' ? { ...input, levels: [], values: [] } : input,
    );
    expect(await largestGap(model, toOnnx({ ...model, inputs }, {}), MIXED, 1_000)).toBeGreaterThan(0.01);
  });

  it('gives a row alone the very score that it has among others, and of a regression the very number', async () => {
    const regression = trained(NUMBERS, planOf('gbdt', 'regression', { parameters: { trees: 300 } }));
    const rows = UNSEEN.get(NUMBERS)!.slice(0, 200);
    const together = await scoresOf(regression.onnx, NUMBERS, rows);
    expect(together).toEqual(scoreRows(regression.model, rows).map(Math.fround));
    for (const row of [0, 17, 199]) {
      expect(await scoresOf(regression.onnx, NUMBERS, [rows[row]!])).toEqual(together.slice(row, row + 1));
    }
  });

  it('says the likeliest class, and of two the positive one beyond one half', async () => {
    const rows = UNSEEN.get(MIXED)!.slice(0, 2_000);
    const binary = await outputsOf(onnx, MIXED, rows);
    // A feature is called `label`, so the output is not.
    const positive = (binary['probabilities']!.data as Float32Array).filter((_, at) => at % 2 === 1);
    expect(Array.from(binary['predicted_label']!.data as BigInt64Array, Number)).toEqual(
      Array.from(positive, (p) => Number(p > 0.5)),
    );
    const several = await outputsOf(classes.onnx, MIXED, rows);
    const shares = several['probabilities']!.data as Float32Array;
    const best = rows.map((_, row) => {
      const own = shares.slice(row * CLASSES, (row + 1) * CLASSES);
      return own.indexOf(Math.max(...own));
    });
    expect(Array.from(several['predicted_label']!.data as BigInt64Array, Number)).toEqual(best);
  });

  it('takes a string of which no level is known, and a model without a tree', async () => {
    const features = MIXED.slice(0, 4);
    const row: FeatureRow = [1, 2, 3, 'c1'];
    const ordinal = { ...model, inputs: [...model.inputs.slice(0, 3), { kind: 'ordinal', name: 'country', levels: [], values: [] }] } as const; // prettier-ignore
    const bare: TrainedModel = { ...ordinal, calibration: null, model: { kind: 'trees', base: [0.5], trees: [], link: 'logistic' } }; // prettier-ignore
    const oneHot: TrainedModel = { ...bare, inputs: [...model.inputs.slice(0, 3), { kind: 'one_hot', name: 'country', levels: [] }] }; // prettier-ignore
    for (const one of [bare, oneHot]) {
      const [score] = await scoresOf(toOnnx(one, {}), features, [row]);
      expect(score).toBeCloseTo(1 / (1 + Math.exp(-0.5)), 6);
    }
  });
});
