import { readFileSync } from 'node:fs';
import type { ModelTask } from '#contracts';
import { scoreRows, type FeatureRow, type FeatureType } from '#domain/trained-model';
import { trainModel } from '../train-model.js';
import { trainingRowsOf } from '../training-rows.js';
import { fitLinear } from './linear-fit.js';

interface Reference {
  readonly name: string;
  readonly task: ModelTask;
  readonly l2: number;
  readonly balanced: boolean;
  readonly rows: readonly FeatureRow[];
  readonly labels: readonly number[];
  readonly weights: readonly number[] | null;
  readonly asked: readonly FeatureRow[];
  readonly scores: readonly number[];
}

const { cases } = JSON.parse(readFileSync(new URL('../../fixtures/linear.golden.json', import.meta.url), 'utf8')) as {
  readonly cases: readonly Reference[];
};
const FEATURES: readonly FeatureType[] = [
  { name: 'price', type: 'number' },
  { name: 'hour', type: 'number' },
  { name: 'ratio', type: 'number' },
  { name: 'country', type: 'string' },
];

describe('the linear trainer', () => {
  it.each(cases.map((one) => [one.name, one] as const))('agrees with scikit-learn: %s', (_, one) => {
    const rows = trainingRowsOf(FEATURES, one.rows, one.labels, { weights: one.weights });
    const trained = trainModel(rows, {
      ...{ pipeline: 'p', task: one.task, classes: null, threshold: 0.5, trainer: 'linear' },
      parameters: { l2: one.l2, classWeights: one.balanced ? 'balanced' : 'none' },
      ...{ monotone: {}, search: null, metric: null, holdout: 0, folds: 0, calibration: 'none', seed: 1, metadata: {} },
    });
    if (!trained.ok) throw new Error(trained.kind);
    expect(trained.remarks).toEqual([]);
    const gaps = Array.from(scoreRows(trained.model, one.asked), (score, at) => Math.abs(score - one.scores[at]!));
    expect(gaps).toHaveLength(one.scores.length);
    // scikit-learn's own solvers stop about as far from the optimum.
    expect(Math.max(...gaps)).toBeLessThan(2e-5);
  });
});

const fitted = (values: readonly number[], labels: readonly number[]) =>
  fitLinear(
    {
      rows: labels.length,
      columns: [Float32Array.from(values)],
      isScaled: [true],
      labels: Float64Array.from(labels),
      weights: new Float64Array(labels.length).fill(1),
    },
    'binary-classification',
    1,
  );

describe('a logistic regression', () => {
  it('ends at the penalised optimum when one feature parts the classes', () => {
    const { model, converged } = fitted([1, 2, 3, 11, 12, 13], [0, 0, 0, 1, 1, 1]);
    expect(converged).toBe(true);
    expect(model.weights[0]![0]).toBeGreaterThan(0.5);
    expect(model.weights[0]![0]).toBeLessThan(5);
  });

  it('finds one positive in ten thousand rows without running away', () => {
    const labels = Array.from({ length: 10_000 }, (_, i) => (i === 77 ? 1 : 0));
    const values = labels.map((label, i) => label * 4 + Math.sin(i));
    const { model, converged } = fitted(values, labels);
    expect(converged).toBe(true);
    const scores = scoreRows(
      { task: 'binary-classification', outputs: 1, inputs: [{ kind: 'number', name: 'x' }], model, calibration: null },
      values.map((value) => [value]),
    );
    expect(scores.indexOf(Math.max(...scores))).toBe(77);
    // The intercept is not penalised, so the mean score equals the share of positives.
    expect(scores.reduce((a, b) => a + b) / 10_000).toBeCloseTo(1e-4, 9);
  });

  it('ignores a constant column, and one without a value', () => {
    expect(fitted([5, 5, 5, 5], [0, 0, 1, 1]).model.weights).toEqual([[0]]);
    expect(fitted([NaN, NaN, NaN, NaN], [0, 0, 1, 1]).model).toMatchObject({
      weights: [[0]],
      imputed: [0],
      scales: [1],
    });
  });
});
