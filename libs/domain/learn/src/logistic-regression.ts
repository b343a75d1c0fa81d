import { solvePositiveDefinite } from './solve-positive-definite.js';
import { standardizationOf, standardize, type Standardization } from './standardization.js';
import type { TrainingSet } from './training-set.js';

export interface LogisticRegressionOptions {
  /** Weight of ½‖w‖² against the summed log loss, on standardised features; the intercept is free. scikit-learn's 1/C. */
  readonly l2?: number;
  /** Newton steps at most. */
  readonly maxIterations?: number;
  /** Converged when no component of the gradient per row is larger. */
  readonly tolerance?: number;
}

export interface LogisticRegression extends Standardization {
  /** Per standardised feature. */
  readonly weights: Float64Array;
  readonly intercept: number;
}

export interface LogisticRegressionFit {
  readonly model: LogisticRegression;
  readonly converged: boolean;
  readonly iterations: number;
  /** Largest component of the gradient per row at the end. */
  readonly gradient: number;
}

/**
 * L2-penalised maximum likelihood by Newton's method (IRLS) with step halving: the objective never rises, so rare
 * classes and separable data end at the penalised optimum instead of running away. Deterministic. The set must have
 * both classes (`problemOf`).
 */
export function fitLogisticRegression(
  set: TrainingSet,
  options: LogisticRegressionOptions = {},
): LogisticRegressionFit {
  const { l2 = 1, maxIterations = 100, tolerance = 1e-10 } = options;
  if (!(l2 > 0)) throw new RangeError(`l2 must be greater than zero, not ${l2}`);
  const { columns, labels } = set;
  const rows = labels.length;
  const standardization = standardizationOf(set);
  const x = standardize(set, standardization);

  // The intercept comes last; it starts at the log odds of the classes.
  const positives = labels.reduce((sum, label) => sum + label, 0);
  let beta: Float64Array = new Float64Array(columns + 1);
  beta[columns] = Math.log(positives / (rows - positives));
  let objective = objectiveAt(beta, x, labels, l2);
  let gradient = Infinity;
  let iterations = 0;
  for (; iterations < maxIterations; iterations++) {
    const slope = slopeAt(beta, x, labels, l2);
    gradient = slope.gradient.reduce((largest, g) => Math.max(largest, Math.abs(g)), 0) / rows;
    if (gradient <= tolerance) break;
    const step = solvePositiveDefinite(slope.hessian, slope.gradient);
    if (step === null) break;
    const next = descend(beta, step, objective, (candidate) => objectiveAt(candidate, x, labels, l2));
    if (next === null) break;
    beta = next.beta;
    objective = next.objective;
  }
  return {
    model: { ...standardization, weights: beta.slice(0, columns), intercept: beta[columns]! },
    converged: gradient <= tolerance,
    iterations,
    gradient,
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
function objectiveAt(beta: Float64Array, x: Float64Array, labels: Uint8Array, l2: number): number {
  const columns = beta.length - 1;
  let sum = 0;
  for (let row = 0; row < labels.length; row++) {
    const z = logOdds(beta, x, row * columns);
    // log(1 + e^z) − y z, without overflow
    sum += Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - labels[row]! * z;
  }
  for (let j = 0; j < columns; j++) sum += (l2 / 2) * beta[j]! ** 2;
  return sum;
}

function slopeAt(
  beta: Float64Array,
  x: Float64Array,
  labels: Uint8Array,
  l2: number,
): { gradient: Float64Array; hessian: Float64Array } {
  const columns = beta.length - 1;
  const order = beta.length;
  const gradient = new Float64Array(order);
  const hessian = new Float64Array(order * order);
  for (let row = 0; row < labels.length; row++) {
    const start = row * columns;
    const p = sigmoid(logOdds(beta, x, start));
    const error = p - labels[row]!;
    const weight = p * (1 - p);
    for (let i = 0; i < columns; i++) {
      const xi = x[start + i]!;
      gradient[i] = gradient[i]! + error * xi;
      const weighted = weight * xi;
      for (let j = 0; j <= i; j++) hessian[i * order + j] = hessian[i * order + j]! + weighted * x[start + j]!;
      hessian[columns * order + i] = hessian[columns * order + i]! + weighted;
    }
    gradient[columns] = gradient[columns]! + error;
    hessian[columns * order + columns] = hessian[columns * order + columns]! + weight;
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

/** P(positive) for each row of a `rows × columns` matrix; NaN is imputed. */
export function predictLogisticRegression(model: LogisticRegression, values: Float64Array): Float64Array {
  const columns = model.weights.length;
  const set = { columns, values, labels: new Uint8Array(0) };
  const x = standardize(set, model);
  const beta = Float64Array.of(...model.weights, model.intercept);
  return Float64Array.from({ length: values.length / columns }, (_, row) => sigmoid(logOdds(beta, x, row * columns)));
}

function logOdds(beta: Float64Array, x: Float64Array, start: number): number {
  const columns = beta.length - 1;
  let z = beta[columns]!;
  for (let j = 0; j < columns; j++) z += beta[j]! * x[start + j]!;
  return z;
}

function sigmoid(z: number): number {
  if (z >= 0) return 1 / (1 + Math.exp(-z));
  const e = Math.exp(z);
  return e / (1 + e);
}
