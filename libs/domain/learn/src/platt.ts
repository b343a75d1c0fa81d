import { sigmoid, type LinearModel, type TreeEnsemble } from '#domain/trained-model';

/** P(positive) = sigmoid(slope · raw + intercept). */
export interface PlattScaling {
  readonly slope: number;
  readonly intercept: number;
}

const MOST_STEPS = 100;

/**
 * Platt scaling (Platt 1999) with his smoothed targets, by Newton's method with backtracking (Lin, Lin and Weng 2007). The raw
 * outputs must be of rows that the model had not seen.
 *
 * @param labels 0 or 1, both of them
 */
export function fitPlatt(raw: ArrayLike<number>, labels: ArrayLike<number>): PlattScaling {
  let positives = 0;
  for (let i = 0; i < labels.length; i++) positives += labels[i]!;
  const high = (positives + 1) / (positives + 2);
  const low = 1 / (labels.length - positives + 2);
  let slope = 0;
  let intercept = Math.log((positives + 1) / (labels.length - positives + 1));
  const lossAt = (a: number, b: number): number => {
    let loss = 0;
    for (let i = 0; i < labels.length; i++) {
      const z = a * raw[i]! + b;
      const target = labels[i] === 1 ? high : low;
      loss += Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - target * z;
    }
    return loss;
  };
  let loss = lossAt(slope, intercept);
  for (let step = 0; step < MOST_STEPS; step++) {
    // A grain of curvature, so that raw outputs that do not vary have a solution.
    const [g, h] = [
      [0, 0],
      [1e-12, 0, 1e-12],
    ];
    for (let i = 0; i < labels.length; i++) {
      const x = raw[i]!;
      const p = sigmoid(slope * x + intercept);
      const error = p - (labels[i] === 1 ? high : low);
      const curvature = p * (1 - p);
      g[0]! += error * x;
      g[1]! += error;
      h[0]! += curvature * x * x;
      h[1]! += curvature * x;
      h[2]! += curvature;
    }
    if (Math.max(Math.abs(g[0]!), Math.abs(g[1]!)) / labels.length < 1e-12) break;
    const determinant = h[0]! * h[2]! - h[1]! * h[1]!;
    const da = -(h[2]! * g[0]! - h[1]! * g[1]!) / determinant;
    const db = -(h[0]! * g[1]! - h[1]! * g[0]!) / determinant;
    let length = 1;
    let next = lossAt(slope + da, intercept + db);
    for (; !(next < loss) && length > 1e-10; next = lossAt(slope + length * da, intercept + length * db)) length /= 2;
    if (!(next < loss)) break;
    slope += length * da;
    intercept += length * db;
    loss = next;
  }
  return { slope, intercept };
}

/** The model with the scaling inside: exact, and its raw outputs are then log-odds of calibrated probabilities. */
export function scaledModel(
  model: TreeEnsemble | LinearModel,
  { slope, intercept }: PlattScaling,
): TreeEnsemble | LinearModel {
  if (model.kind === 'trees') {
    return {
      ...model,
      base: model.base.map((base) => base * slope + intercept),
      trees: model.trees.map((tree) => ({ ...tree, value: tree.value.map((leaf) => leaf * slope) })),
      link: 'logistic',
    };
  }
  return {
    ...model,
    weights: model.weights.map((row) => row.map((weight) => weight * slope)),
    intercepts: model.intercepts.map((one) => one * slope + intercept),
    link: 'logistic',
  };
}
