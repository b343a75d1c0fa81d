import { softmax } from '#domain/trained-model';
import type { DesignMatrix } from './design-matrix.js';
import { minimize } from './lbfgs.js';
import type { LinearFit, LinearOptions } from './linear-fit.js';

/**
 * L2-penalised maximum likelihood of class indexes, one row of weights per class (symmetric, as scikit-learn's multinomial
 * logistic regression), by L-BFGS. Intercepts are free, and sum to zero. Deterministic.
 */
export function fitSoftmax(
  matrix: DesignMatrix,
  labels: Float64Array,
  weights: Float64Array,
  classes: number,
  { l2, maxIterations, tolerance, onIteration }: LinearOptions,
): LinearFit {
  const { columns } = matrix;
  const order = columns + 1;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const { at, converged, iterations } = minimize(
    new Float64Array(classes * order),
    (theta, gradient) => lossAt(theta, gradient, matrix, labels, weights, total, classes, l2),
    { maxIterations: maxIterations * 10, tolerance, onIteration },
  );
  const intercepts = Array.from({ length: classes }, (_, k) => at[k * order + columns]!);
  const mean = intercepts.reduce((sum, intercept) => sum + intercept, 0) / classes;
  return {
    weights: Array.from({ length: classes }, (_, k) => at.slice(k * order, k * order + columns)),
    intercepts: intercepts.map((intercept) => intercept - mean),
    converged,
    iterations,
  };
}

/** Mean log loss + l2/2 ‖weights‖² over the sum of the rows' weights, and its gradient. */
function lossAt(
  theta: Float64Array,
  gradient: Float64Array,
  { rows, columns, x }: DesignMatrix,
  labels: Float64Array,
  weights: Float64Array,
  total: number,
  classes: number,
  l2: number,
): number {
  const order = columns + 1;
  gradient.fill(0);
  const z = new Float64Array(classes);
  let loss = 0;
  for (let row = 0; row < rows; row++) {
    const start = row * columns;
    for (let k = 0; k < classes; k++) {
      let sum = theta[k * order + columns]!;
      for (let j = 0; j < columns; j++) sum += theta[k * order + j]! * x[start + j]!;
      z[k] = sum;
    }
    const share = weights[row]! / total;
    const shares = softmax(z, classes);
    const label = labels[row]!;
    loss -= share * Math.log(Math.max(shares[label]!, Number.MIN_VALUE));
    for (let k = 0; k < classes; k++) {
      const error = share * (shares[k]! - (k === label ? 1 : 0));
      for (let j = 0; j < columns; j++) gradient[k * order + j] = gradient[k * order + j]! + error * x[start + j]!;
      gradient[k * order + columns] = gradient[k * order + columns]! + error;
    }
  }
  for (let k = 0; k < classes; k++) {
    for (let j = 0; j < columns; j++) {
      const weight = theta[k * order + j]!;
      loss += ((l2 / 2) * weight * weight) / total;
      gradient[k * order + j] = gradient[k * order + j]! + (l2 * weight) / total;
    }
  }
  return loss;
}
