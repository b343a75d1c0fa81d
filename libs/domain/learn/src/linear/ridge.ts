import type { DesignMatrix } from './design-matrix.js';
import type { LinearFit } from './linear-fit.js';
import { solvePositiveDefinite } from './solve-positive-definite.js';

/** Least squares with l2·‖weights‖² against the sum of squared errors (scikit-learn's Ridge); the intercept is free. */
export function fitRidge(
  { rows, columns, x }: DesignMatrix,
  labels: Float64Array,
  weights: Float64Array,
  l2: number,
): LinearFit {
  const means = new Float64Array(columns);
  let total = 0;
  let mean = 0;
  for (let row = 0; row < rows; row++) {
    total += weights[row]!;
    mean += weights[row]! * labels[row]!;
    for (let j = 0; j < columns; j++) means[j] = means[j]! + weights[row]! * x[row * columns + j]!;
  }
  mean /= total;
  for (let j = 0; j < columns; j++) means[j] = means[j]! / total;
  const gram = new Float64Array(columns * columns);
  const moment = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    const start = row * columns;
    for (let i = 0; i < columns; i++) {
      const weighted = weights[row]! * (x[start + i]! - means[i]!);
      moment[i] = moment[i]! + weighted * (labels[row]! - mean);
      for (let j = 0; j <= i; j++) {
        gram[i * columns + j] = gram[i * columns + j]! + weighted * (x[start + j]! - means[j]!);
      }
    }
  }
  for (let j = 0; j < columns; j++) gram[j * columns + j] = gram[j * columns + j]! + l2;
  const solved = solvePositiveDefinite(gram, moment);
  const solution = solved ?? new Float64Array(columns);
  return {
    weights: [solution],
    intercepts: [mean - solution.reduce((sum, weight, j) => sum + weight * means[j]!, 0)],
    converged: solved !== null,
    iterations: 1,
  };
}
