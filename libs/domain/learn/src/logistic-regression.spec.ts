import { readFileSync } from 'node:fs';
import { fitLogisticRegression, predictLogisticRegression } from './logistic-regression.js';

interface Reference {
  readonly name: string;
  readonly l2: number;
  readonly columns: number;
  readonly values: readonly number[];
  readonly labels: readonly number[];
  readonly means: readonly number[];
  readonly scales: readonly number[];
  readonly weights: readonly number[];
  readonly intercept: number;
  readonly probabilities: readonly number[];
}

const references = (
  JSON.parse(readFileSync(new URL('../fixtures/scikit-learn.golden.json', import.meta.url), 'utf8')) as {
    logistic_regression: readonly Reference[];
  }
).logistic_regression;

const trainingSet = (columns: number, values: readonly number[], labels: readonly number[]) => {
  return { columns, values: Float64Array.from(values), labels: Uint8Array.from(labels) };
};
const largestRelativeGap = (actual: ArrayLike<number>, expected: readonly number[]) =>
  Math.max(...expected.map((value, i) => Math.abs(actual[i]! - value) / Math.max(1, Math.abs(value))));

describe('fitLogisticRegression', () => {
  it.each(references.map((reference) => [reference.name, reference] as const))(
    'agrees with scikit-learn: %s',
    (_, { columns, values, labels, l2, ...expected }) => {
      const set = trainingSet(columns, values, labels);
      const { model, converged } = fitLogisticRegression(set, { l2, tolerance: 1e-12 });
      expect(converged).toBe(true);
      expect(largestRelativeGap(model.means, expected.means)).toBeLessThan(1e-12);
      expect(largestRelativeGap(model.scales, expected.scales)).toBeLessThan(1e-12);
      expect(largestRelativeGap(model.weights, expected.weights)).toBeLessThan(1e-7);
      expect(model.intercept).toBeCloseTo(expected.intercept, 7);
      expect(largestRelativeGap(predictLogisticRegression(model, set.values), expected.probabilities)).toBeLessThan(
        1e-7,
      );
    },
  );

  it('gives the same model for the same rows', () => {
    const { columns, values, labels } = references[0]!;
    expect(fitLogisticRegression(trainingSet(columns, values, labels))).toEqual(
      fitLogisticRegression(trainingSet(columns, values, labels)),
    );
  });

  it('ends at the penalised optimum when one feature parts the classes', () => {
    const { model, converged } = fitLogisticRegression(trainingSet(1, [1, 2, 3, 11, 12, 13], [0, 0, 0, 1, 1, 1]));
    expect(converged).toBe(true);
    expect(model.weights[0]).toBeGreaterThan(0.5);
    expect(model.weights[0]).toBeLessThan(5);
  });

  it('finds one positive in ten thousand rows without running away', () => {
    const labels = Array.from({ length: 10_000 }, (_, i) => (i === 77 ? 1 : 0));
    const values = labels.map((label, i) => label * 4 + Math.sin(i));
    const set = trainingSet(1, values, labels);
    const { model, converged } = fitLogisticRegression(set);
    expect(converged).toBe(true);
    const scores = predictLogisticRegression(model, set.values);
    expect(scores.indexOf(Math.max(...scores))).toBe(77);
    // The intercept is not penalised, so the mean score equals the share of positives.
    expect(scores.reduce((a, b) => a + b) / 10_000).toBeCloseTo(1e-4, 9);
  });

  it('ignores a constant column and takes the mean for a missing value', () => {
    const set = trainingSet(2, [1, 5, 2, 5, 3, 5, NaN, 5], [0, 0, 1, 1]);
    const { model } = fitLogisticRegression(set);
    expect(model.weights[1]).toBe(0);
    const [missing, mean] = predictLogisticRegression(model, Float64Array.of(NaN, 5, 2, 5));
    expect(missing).toBeCloseTo(mean!, 12);
  });

  it('says so when it was not given the steps to converge', () => {
    const { columns, values, labels } = references[0]!;
    const fit = fitLogisticRegression(trainingSet(columns, values, labels), { maxIterations: 1 });
    expect(fit.converged).toBe(false);
    expect(fit.gradient).toBeGreaterThan(1e-8);
  });
});
