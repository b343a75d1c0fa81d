import { sigmoid } from '#domain/trained-model';
import type { DesignMatrix } from './design-matrix.js';
import type { LinearFit, LinearOptions } from './linear-fit.js';
import { solvePositiveDefinite } from './solve-positive-definite.js';

/**
 * L2-penalised maximum likelihood of labels 0 and 1 by Newton's method (IRLS) with step halving: the objective never rises,
 * so rare classes and separable data end at the penalised optimum instead of running away. Deterministic. Both classes must
 * be there.
 */
export function fitLogistic(
  matrix: DesignMatrix,
  labels: Float64Array,
  weights: Float64Array,
  { l2, maxIterations, tolerance, onIteration }: LinearOptions,
): LinearFit {
  const { columns } = matrix;
  let total = 0;
  let positive = 0;
  for (let row = 0; row < labels.length; row++) {
    total += weights[row]!;
    positive += weights[row]! * labels[row]!;
  }
  // The intercept comes last; it starts at the log odds of the classes.
  let beta: Float64Array = new Float64Array(columns + 1);
  beta[columns] = Math.log(positive / (total - positive));
  let objective = objectiveAt(beta, matrix, labels, weights, l2);
  let gradient = Infinity;
  let iterations = 0;
  for (; iterations < maxIterations; iterations++) {
    onIteration(iterations);
    const slope = slopeAt(beta, matrix, labels, weights, l2);
    gradient = slope.gradient.reduce((largest, g) => Math.max(largest, Math.abs(g)), 0) / total;
    if (gradient <= tolerance) break;
    const step = solvePositiveDefinite(slope.hessian, slope.gradient);
    if (step === null) break;
    const next = descend(beta, step, objective, (candidate) => objectiveAt(candidate, matrix, labels, weights, l2));
    if (next === null) break;
    beta = next.beta;
    objective = next.objective;
  }
  return {
    weights: [beta.slice(0, columns)],
    intercepts: [beta[columns]!],
    converged: gradient <= tolerance,
    iterations,
  };
}

/** The longest of the full, half, quarter … Newton step that lowers the objective, or null at the limit of precision. */
function descend(
  beta: Float64Array,
  step: Float64Array,
  objective: number,
  evaluate: (beta: Float64Array) => number,
): { beta: Float64Array; objective: number } | null {
  for (let length = 1; length > 1e-10; length /= 2) {
    const candidate = beta.map((b, i) => b - length * step[i]!);
    const value = evaluate(candidate);
    if (value <= objective) return { beta: candidate, objective: value };
  }
  return null;
}

/** Summed log loss + l2/2 ‖weights‖². */
function objectiveAt(
  beta: Float64Array,
  { rows, columns, x }: DesignMatrix,
  labels: Float64Array,
  weights: Float64Array,
  l2: number,
): number {
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    const z = logOdds(beta, x, row * columns, columns);
    // log(1 + e^z) − y z, without overflow
    sum += weights[row]! * (Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - labels[row]! * z);
  }
  for (let j = 0; j < columns; j++) sum += (l2 / 2) * beta[j]! ** 2;
  return sum;
}

function slopeAt(
  beta: Float64Array,
  { rows, columns, x }: DesignMatrix,
  labels: Float64Array,
  weights: Float64Array,
  l2: number,
): { gradient: Float64Array; hessian: Float64Array } {
  const order = columns + 1;
  const gradient = new Float64Array(order);
  const hessian = new Float64Array(order * order);
  for (let row = 0; row < rows; row++) {
    const start = row * columns;
    const p = sigmoid(logOdds(beta, x, start, columns));
    const error = weights[row]! * (p - labels[row]!);
    const curvature = weights[row]! * p * (1 - p);
    for (let i = 0; i < columns; i++) {
      const xi = x[start + i]!;
      // Most entries of one column per level are zero.
      if (xi === 0) continue;
      gradient[i] = gradient[i]! + error * xi;
      const weighted = curvature * xi;
      for (let j = 0; j <= i; j++) hessian[i * order + j] = hessian[i * order + j]! + weighted * x[start + j]!;
      hessian[columns * order + i] = hessian[columns * order + i]! + weighted;
    }
    gradient[columns] = gradient[columns]! + error;
    hessian[columns * order + columns] = hessian[columns * order + columns]! + curvature;
  }
  for (let j = 0; j < columns; j++) {
    gradient[j] = gradient[j]! + l2 * beta[j]!;
    hessian[j * order + j] = hessian[j * order + j]! + l2;
  }
  // When every p has saturated the curvature of the free intercept vanishes; a floor keeps the step finite.
  const corner = columns * order + columns;
  hessian[corner] = Math.max(hessian[corner]!, 1e-10);
  return { gradient, hessian };
}

function logOdds(beta: Float64Array, x: Float64Array, start: number, columns: number): number {
  let z = beta[columns]!;
  for (let j = 0; j < columns; j++) z += beta[j]! * x[start + j]!;
  return z;
}
