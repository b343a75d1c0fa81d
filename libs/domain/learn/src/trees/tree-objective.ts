import type { CompleteTreeOptions } from './tree-options.js';

// Looked up once: see fixed-point.ts.
const { exp } = Math;

/** What is learned: how far the raw outputs are from the labels, and which way is better. */
export interface TreeObjective {
  readonly outputs: number;
  /** Raw outputs before any tree: log odds, log shares of classes, the mean. */
  readonly base: readonly number[];
  readonly link: 'identity' | 'logistic' | 'softmax';
  /** Gradient and hessian of the loss by each raw output, of the first `count` rows; arrays per output, by row of the matrix. */
  slopes(raw: readonly Float64Array[], rows: Int32Array, count: number, slopes: Slopes): void;
}

export interface Slopes {
  readonly gradients: readonly Float64Array[];
  readonly hessians: readonly Float64Array[];
}

/** Mean loss of rows by raw outputs, weighted: log loss in nats, or squared error. What early stopping looks at. */
export function meanLoss(
  { objective }: Pick<CompleteTreeOptions, 'objective'>,
  raw: readonly Float64Array[],
  rows: Int32Array,
  labels: Float64Array,
  weights: Float64Array | null,
): number {
  let sum = 0;
  let total = 0;
  for (const row of rows) {
    const weight = weights === null ? 1 : weights[row]!;
    sum += weight * lossOf(objective, raw, row, labels[row]!);
    total += weight;
  }
  return sum / total;
}

function lossOf(objective: CompleteTreeOptions['objective'], raw: readonly Float64Array[], row: number, label: number) {
  switch (objective) {
    case 'regression':
      return (raw[0]![row]! - label) ** 2;
    case 'binary': {
      const signed = label === 1 ? -raw[0]![row]! : raw[0]![row]!;
      return Math.log1p(exp(-Math.abs(signed))) + Math.max(signed, 0);
    }
    case 'multiclass': {
      let most = -Infinity;
      for (const one of raw) most = Math.max(most, one[row]!);
      let sum = 0;
      for (const one of raw) sum += exp(one[row]! - most);
      return Math.log(sum) + most - raw[label]![row]!;
    }
  }
}

/** @param weights by row; null: 1 each. Class weights are in them. */
export function boostingObjective(
  { objective, classes }: CompleteTreeOptions,
  rows: Int32Array,
  labels: Float64Array,
  weights: Float64Array | null,
): TreeObjective {
  switch (objective) {
    case 'binary':
      return binaryObjective(rows, labels, weights);
    case 'multiclass':
      return multiclassObjective(classes, rows, labels, weights);
    case 'regression':
      return regressionObjective(rows, labels, weights);
  }
}

function binaryObjective(rows: Int32Array, labels: Float64Array, weights: Float64Array | null): TreeObjective {
  const positive = weightedMean(rows, labels, weights);
  return {
    outputs: 1,
    base: [Math.log(positive / (1 - positive))],
    link: 'logistic',
    slopes([raw], rows, count, { gradients: [gradients], hessians: [hessians] }) {
      for (let i = 0; i < count; i++) {
        const row = rows[i]!;
        const weight = weights === null ? 1 : weights[row]!;
        const probability = 1 / (1 + exp(-raw![row]!));
        gradients![row] = weight * (probability - labels[row]!);
        hessians![row] = weight * probability * (1 - probability);
      }
    },
  };
}

/** Softmax; the hessian's diagonal times K / (K − 1), since the outputs share one degree of freedom (Friedman 2001). */
function multiclassObjective(
  classes: number,
  rows: Int32Array,
  labels: Float64Array,
  weights: Float64Array | null,
): TreeObjective {
  const shares = new Float64Array(classes);
  let total = 0;
  for (const row of rows) {
    const weight = weights === null ? 1 : weights[row]!;
    shares[labels[row]!]! += weight;
    total += weight;
  }
  const factor = classes / (classes - 1);
  return {
    outputs: classes,
    // A class without rows (one may miss a fold) is held to be very rare, not impossible.
    base: Array.from(shares, (share) => Math.log(Math.max(share / total, 1e-9))),
    link: 'softmax',
    slopes(raw, rows, count, { gradients, hessians }) {
      const shares = new Float64Array(classes);
      for (let i = 0; i < count; i++) {
        const row = rows[i]!;
        const weight = weights === null ? 1 : weights[row]!;
        softmaxInto(shares, raw, row);
        for (let k = 0; k < classes; k++) {
          const probability = shares[k]!;
          gradients[k]![row] = weight * (probability - (labels[row] === k ? 1 : 0));
          hessians[k]![row] = weight * factor * probability * (1 - probability);
        }
      }
    },
  };
}

function softmaxInto(shares: Float64Array, raw: readonly Float64Array[], row: number): void {
  let most = -Infinity;
  for (let k = 0; k < shares.length; k++) most = Math.max(most, raw[k]![row]!);
  let sum = 0;
  for (let k = 0; k < shares.length; k++) sum += shares[k] = exp(raw[k]![row]! - most);
  for (let k = 0; k < shares.length; k++) shares[k]! /= sum;
}

/** Half the squared error. */
function regressionObjective(rows: Int32Array, labels: Float64Array, weights: Float64Array | null): TreeObjective {
  return {
    outputs: 1,
    base: [weightedMean(rows, labels, weights)],
    link: 'identity',
    slopes([raw], rows, count, { gradients: [gradients], hessians: [hessians] }) {
      for (let i = 0; i < count; i++) {
        const row = rows[i]!;
        const weight = weights === null ? 1 : weights[row]!;
        gradients![row] = weight * (raw![row]! - labels[row]!);
        hessians![row] = weight;
      }
    },
  };
}

export function weightedMean(rows: Int32Array, labels: Float64Array, weights: Float64Array | null): number {
  let sum = 0;
  let total = 0;
  for (const row of rows) {
    const weight = weights === null ? 1 : weights[row]!;
    sum += weight * labels[row]!;
    total += weight;
  }
  return sum / total;
}
