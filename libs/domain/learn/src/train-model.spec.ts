import { MODEL_METADATA } from '#contracts';
import { seededUniforms } from '#domain/statistics';
import type { FeatureRow, FeatureType, TreeEnsemble } from '#domain/trained-model';
import { trainModel } from './train-model.js';
import type { TrainingHooks, TrainingOutcome, TrainingPlan, TrainingProgress, TrainingRows } from './training-plan.js';
import { trainingRowsOf } from './training-rows.js';

const FEATURES: readonly FeatureType[] = [
  { name: 'amount', type: 'number' },
  { name: 'noise', type: 'number' },
  { name: 'shop', type: 'string' },
];

const PLAN: TrainingPlan = {
  pipeline: 'payments',
  task: 'binary-classification',
  classes: null,
  threshold: 0.5,
  trainer: 'gbdt',
  parameters: { trees: 40, earlyStoppingRounds: 5, minRowsPerLeaf: 10 },
  monotone: {},
  search: null,
  metric: null,
  holdout: 0.2,
  folds: 3,
  calibration: 'none',
  seed: 1,
  metadata: {},
};

interface Payment {
  readonly row: FeatureRow;
  readonly label: number;
  readonly time: number;
}

/** In the order of time; positive where the amount is large or the shop is `s0`, with noise. */
function payments(count: number, seed = 3): Payment[] {
  const uniform = seededUniforms(seed);
  return Array.from({ length: count }, (_, i) => {
    const [amount, shop] = [uniform() * 100, `s${Math.floor(uniform() * 8)}`];
    const positive = amount + (shop === 's0' ? 40 : 0) + (uniform() - 0.5) * 60 > 70;
    return { row: [amount, uniform(), shop], label: Number(positive), time: Date.UTC(2026, 0, 1) + i * 60_000 };
  });
}

function rowsOf(payments: readonly Payment[]): TrainingRows {
  return trainingRowsOf(
    FEATURES,
    payments.map(({ row }) => row),
    payments.map(({ label }) => label),
    { times: payments.map(({ time }) => time) },
  );
}

function trained(
  payments: readonly Payment[],
  changes: Partial<TrainingPlan> = {},
  hooks?: TrainingHooks,
): TrainingOutcome {
  const result = trainModel(rowsOf(payments), { ...PLAN, ...changes }, hooks);
  if (!result.ok) throw new Error(result.kind === 'refused' ? result.message : result.kind);
  return result;
}

const SEARCH = { method: 'random', trials: 8, space: {} } as const;

describe('trainModel', () => {
  it('gives the same bytes for the same rows, in whatever order they are given', () => {
    const rows = payments(400);
    const plan = { parameters: { ...PLAN.parameters, rowShare: 0.7, columnShare: 0.7 }, calibration: 'platt' } as const;
    const first = trained(rows, plan);
    const isSame = ({ onnx }: TrainingOutcome) => Buffer.from(onnx).equals(first.onnx);
    expect(isSame(trained(rows, plan))).toBe(true);
    const shuffled = rows.toSorted((a, b) => Number(a.row[1]) - Number(b.row[1]));
    expect(isSame(trained(shuffled, plan))).toBe(true);
    expect(isSame(trained(rows, { ...plan, seed: 2 }))).toBe(false);
  });

  it.each(['gbdt', 'linear'] as const)('sees nothing of the newest rows: %s', (trainer) => {
    const rows = payments(500);
    const spoilt = rows.map((one, i) => (i < 400 ? one : { ...one, row: [1e9, -5, 'new'], label: 1 - one.label }));
    const parameters: TrainingPlan['parameters'] = trainer === 'linear' ? {} : { trees: 20, minRowsPerLeaf: 10 };
    const plan = { trainer, parameters, search: { ...SEARCH, trials: 3 }, calibration: 'isotonic' } as const;
    const [honest, other] = [trained(rows, plan), trained(spoilt, plan)];
    expect([...honest.holdoutRows]).toEqual(Array.from({ length: 100 }, (_, i) => 400 + i));
    expect(other.model).toEqual(honest.model);
    expect(other.trials).toEqual(honest.trials);
    expect(other.parameters).toEqual(honest.parameters);
    expect(honest.metrics['holdout.roc_auc']).toBeGreaterThan(0.8);
    expect(other.metrics['holdout.roc_auc']).toBeLessThan(0.7);
    expect(honest.metrics).toMatchObject({ 'train.rows': 400, 'holdout.rows': 100 });
  });

  it('judges a fold by what came before it', () => {
    const rows = payments(400);
    const before = trained(rows).trials[0]!.folds;
    const changed = rows.map((one, i) => (i < 240 ? one : { ...one, label: 1 - one.label }));
    // Of 320 rows in four blocks of 80, the third and fourth come from row 160 and 240.
    const after = trained(changed).trials[0]!.folds;
    expect(after.slice(0, 2)).toEqual(before.slice(0, 2));
    expect(after[2]).toBeGreaterThan(before[2]! + 0.1);
  });

  it('boosts for as many rounds as were best in the folds', () => {
    const { parameters, model } = trained(payments(400), { parameters: { trees: 500, learningRate: 0.3 } });
    expect(parameters['trees']).toBeLessThan(100);
    expect(model.model).toMatchObject({ kind: 'trees' });
    expect((model.model as TreeEnsemble).trees).toHaveLength(Number(parameters['trees']));
    expect(trained(payments(100), { parameters: { trees: 7 }, folds: 0 }).parameters['trees']).toBe(7);
  });

  it('stops early by what it is trained for, rare rows as heavy as all others', () => {
    const rows = payments(1_500).map((one, i) => ({ ...one, label: i % 5 === 0 ? one.label : 0 }));
    const parameters = { trees: 60, classWeights: 'balanced', learningRate: 0.05, minRowsPerLeaf: 20 };
    const { parameters: found, metrics } = trained(rows, { parameters });

    expect(found['trees']).toBeLessThan(60);
    expect(metrics['train.recall']).toBeGreaterThan(0.6);
  });

  it('searches, begins with the defaults, and leaves hopeless trials', () => {
    const { trials, parameters } = trained(payments(600), {
      search: { ...SEARCH, trials: 12 },
      parameters: { trees: 20 },
    });
    expect(trials).toHaveLength(12);
    expect(trials[0]!.parameters).toMatchObject({ learningRate: 0.1, leaves: 31, trees: 20 });
    expect(new Set(trials.map(({ parameters: one }) => JSON.stringify(one))).size).toBe(12);
    const finished = trials.filter(({ stopped }) => !stopped);
    expect(finished.length).toBeLessThan(12);
    for (const { folds, stopped } of trials) expect(folds.length < 3).toBe(stopped);
    const best = finished.reduce((a, b) => (b.score < a.score ? b : a));
    expect(parameters).toMatchObject({ ...best.parameters, trees: parameters['trees'] });
  });

  it('compares trials by the metric that it is given', () => {
    const { trials, parameters } = trained(payments(300), {
      trainer: 'linear',
      parameters: {},
      metric: 'roc_auc',
      search: { method: 'grid', trials: 10, space: { l2: [1e-3, 1e3, 1e9] } },
    });
    expect(trials.map(({ parameters: { l2 } }) => l2)).toEqual([1e-3, 1e3, 1e9]);
    expect(parameters['l2']).toBe(trials.toSorted((a, b) => b.score - a.score)[0]!.parameters['l2']);
    expect(trials[0]!.score).toBeCloseTo(trials[0]!.folds.reduce((a, b) => a + b) / 3, 12);
  });

  it('is not misled by levels that say nothing, however many there are', () => {
    const uniform = seededUniforms(5);
    const rows = payments(1_500).map(({ row: [amount, noise], time }) => {
      return { row: [amount!, noise!, `s${Math.floor(uniform() * 150)}`], label: Number(uniform() < 0.08), time };
    });
    const { metrics, importance } = trained(rows, { folds: 0, parameters: { trees: 20, minRowsPerLeaf: 20 } });
    // Nothing can be told of these labels: what a row's own label told by its level would look like a lot.
    expect(metrics['train.roc_auc']! - metrics['holdout.roc_auc']!).toBeLessThan(0.45);
    expect(importance['shop']).toBeLessThan(0.6);
  });

  it.each(['platt', 'isotonic'] as const)('makes scores of unequal classes probabilities again: %s', (calibration) => {
    const parameters = { classWeights: 'balanced', l2: 1 };
    const rows = payments(1_200).map((one, i) => ({ ...one, label: i % 5 === 0 ? one.label : 0 }));
    const plain = trained(rows, { trainer: 'linear', parameters });
    const calibrated = trained(rows, { trainer: 'linear', parameters, calibration });
    expect(plain.metrics['holdout.calibration_error']).toBeGreaterThan(0.2);
    expect(calibrated.metrics['holdout.calibration_error']).toBeLessThan(0.1);
    expect(plain.calibration).not.toBeNull();
    expect(calibrated.calibration).toBeNull();
  });

  it('says what the model rests on, and what it was made of', () => {
    const rows = payments(300);
    const { importance, onnx, metrics, scores } = trained(rows, { metadata: { [MODEL_METADATA.dataSha256]: 'abc' } });
    expect(Object.keys(importance)).toEqual(['amount', 'noise', 'shop']);
    expect(Object.values(importance).reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    expect(importance['amount']).toBeGreaterThan(0.5);
    expect(scores).toHaveLength(300);
    const text = Buffer.from(onnx).toString('latin1');
    for (const said of [
      '["amount","noise","shop"]',
      '2026-01-01T00:00:00.000Z/2026-01-01T03:59:00.000Z',
      'abc',
      JSON.stringify(metrics),
    ]) {
      expect(text).toContain(said);
    }
  });

  it('trains on rows without times, on several classes and on numbers', () => {
    const rows = payments(400);
    const labels = { 'multiclass-classification': (amount: number) => Math.floor(amount / 34), regression: (amount: number) => 3 * amount + 7 }; // prettier-ignore
    for (const [task, labelOf] of Object.entries(labels)) {
      const data = { ...rowsOf(rows), labels: rows.map(({ row }) => labelOf(Number(row[0]))), times: null };
      for (const trainer of ['gbdt', 'random-forest', 'linear'] as const) {
        const parameters: TrainingPlan['parameters'] = trainer === 'linear' ? {} : { trees: 20 };
        const plan = { ...PLAN, task: task as TrainingPlan['task'], trainer, parameters };
        const result = trainModel(data, plan);
        if (!result.ok) throw new Error(result.kind === 'refused' ? result.message : result.kind);
        expect(result.metrics[task === 'regression' ? 'holdout.r2' : 'holdout.accuracy']).toBeGreaterThan(0.85);
        if (task === 'regression') expect(result.calibration).toBeNull();
      }
    }
  });

  it('ends wherever it is told to', () => {
    const seen: TrainingProgress[] = [];
    const rows = payments(200);
    const plan = { search: { ...SEARCH, trials: 2 }, parameters: { trees: 5 } } as const;
    trained(rows, plan, { onProgress: (progress) => void seen.push(progress) });
    expect(new Set(seen.map(({ phase }) => phase))).toEqual(new Set(['searching', 'fitting', 'exporting']));
    expect(seen).toContainEqual({ phase: 'searching', trial: 1, trials: 2, fold: 2, folds: 3, round: 4, rounds: 5 });
    for (const last of [0, 7, 20, seen.length - 1]) {
      let calls = 0;
      const result = trainModel(rowsOf(rows), { ...PLAN, ...plan }, { onProgress: () => calls++ < last });
      expect(result).toEqual({ ok: false, kind: 'cancelled' });
      expect(calls).toBe(last + 1);
    }
  });

  it('has nothing to weigh where no level of a string is known', () => {
    const rows = trainingRowsOf([FEATURES[2]!], [['a'], ['b'], ['c']], [0, 1, 1]);
    const result = trainModel(rows, { ...PLAN, trainer: 'linear', parameters: {}, holdout: 0, folds: 0 });
    expect(result).toMatchObject({ ok: false, message: expect.stringMatching(/^all features are strings/) as string });
  });

  it('leaves out folds of one class, and says so', () => {
    const rows = payments(200).map((one, i) => ({ ...one, label: i < 60 ? 0 : i % 2 }));
    const { remarks, trials } = trained(rows);
    expect(remarks).toEqual(['1 of 3 folds have one class only to train on, and are left out']);
    expect(trials[0]!.folds).toHaveLength(2);
  });

  it.each<[string, Partial<TrainingPlan>, Partial<TrainingRows>, string | RegExp]>([
    [
      'no rows',
      {},
      { labels: [], columns: [new Float32Array(0), new Float32Array(0), []], times: [] },
      'there are no rows to train on',
    ],
    ['a label that is none', {}, { labels: [0, 1, 2, 0] }, 'the label of row 2 is 2, expected 0 or 1'],
    ['one class only', {}, { labels: [1, 1, 1, 1] }, /^all 4 labels to train on are 1: two classes/],
    ['lengths that differ', {}, { labels: [0, 1] }, 'amount has 4 values for 2 rows'],
    [
      'an infinite value',
      {},
      { columns: [Float32Array.of(1, 2, 1e39, 4), Float32Array.of(1, 2, 3, 4), ['a', 'b', 'c', 'd']] },
      'amount is infinite, or beyond float32, in row 2',
    ],
    ['a weight of nothing', {}, { weights: [1, 0, 1, 1] }, 'the weight of row 1 is 0, expected more than 0'],
    [
      'an unknown hyperparameter',
      { parameters: { leafs: 3 } },
      {},
      /^leafs is no hyperparameter of gbdt \(it has trees, /,
    ],
    [
      'a value out of range',
      { parameters: { learningRate: 2 } },
      {},
      'learningRate is 2, expected a number from 0.0001 to 1',
    ],
    [
      'a fraction of a leaf',
      { parameters: { leaves: 7.5 } },
      {},
      'leaves is 7.5, expected a whole number from 2 to 4096',
    ],
    [
      'a searched value that is none',
      { search: { ...SEARCH, space: { classWeights: ['even'] } } },
      {},
      'classWeights, which is searched, is even, expected none or balanced',
    ],
    [
      'a value that is fixed and searched',
      { search: { ...SEARCH, space: { trees: [5] } } },
      {},
      'trees is fixed and searched: leave one of the two out',
    ],
    ['a search without folds', { search: SEARCH, folds: 0 }, {}, /^a search compares trials by cross-validation/],
    ['a grid of nothing', { search: { ...SEARCH, method: 'grid' } }, {}, /^a grid needs values to choose from/],
    ['another metric', { metric: 'rmse' }, {}, /^rmse is no metric of binary-classification \(it has accuracy, /],
    ['all held out', { holdout: 1 }, {}, 'a share of 1 is to be held out, expected 0 to less than 1'],
    [
      'a calibration of numbers',
      { task: 'regression', calibration: 'platt' },
      {},
      'scores of regression are not calibrated: leave calibration out',
    ],
    [
      'a class too many',
      { task: 'multiclass-classification', classes: 3 },
      { labels: [0, 1, 2, 3] },
      'the label of row 3 is 3, expected a class index from 0 to 2',
    ],
  ])('refuses %s with one sentence', (_, plan, rows, message) => {
    const data: TrainingRows = {
      ...trainingRowsOf(FEATURES, [[1, 1, 'a'], [2, 2, 'b'], [3, 3, 'c'], [4, 4, 'd']], [0, 1, 0, 1], { times: [1, 2, 3, 4] }),
      ...rows,
    }; // prettier-ignore
    const result = trainModel(data, { ...PLAN, holdout: 0, ...plan });
    expect(result).toEqual({ ok: false, kind: 'refused', message: expect.stringMatching(message) as string });
    if (typeof message === 'string') expect(result).toMatchObject({ message });
  });
});
