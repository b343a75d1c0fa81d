import { interpolate } from '#domain/statistics';
import { encodeInputs } from './encode-inputs.js';
import type { FeatureRow } from './feature-columns.js';
import { rawOutputs } from './raw-outputs.js';
import type { TrainedModel } from './trained-model.js';

/**
 * Raw outputs (`rows × outputs`) as what is served: P(positive) or the value, one per row; multiclass: the probabilities of all
 * classes, row by row.
 */
export function scoresOf(model: TrainedModel, raw: Float64Array): Float64Array {
  const { task, outputs, calibration } = model;
  const linked = linkedBy(model.model.link, raw, outputs);
  if (task !== 'binary-classification') return linked;
  // Shares of a forest may pass 1 by rounding.
  const scores = linked.map((score) => Math.min(Math.max(score, 0), 1));
  if (calibration === null) return scores;
  const curve = { xs: calibration.scores, ys: calibration.probabilities };
  return scores.map((score) => interpolate(curve, score));
}

/** Scores of rows of features as served. @throws as featureColumns */
export function scoreRows(model: TrainedModel, rows: readonly FeatureRow[]): Float64Array {
  return scoresOf(model, rawOutputs(model, encodeInputs(model, rows)));
}

function linkedBy(link: TrainedModel['model']['link'], raw: Float64Array, outputs: number): Float64Array {
  switch (link) {
    case 'identity':
      return raw;
    case 'logistic':
      return raw.map(sigmoid);
    case 'softmax':
      return softmax(raw, outputs);
  }
}

export function sigmoid(z: number): number {
  if (z >= 0) return 1 / (1 + Math.exp(-z));
  const e = Math.exp(z);
  return e / (1 + e);
}

/** Of each row of `outputs` numbers. */
export function softmax(raw: Float64Array, outputs: number): Float64Array {
  const shares = new Float64Array(raw.length);
  for (let start = 0; start < raw.length; start += outputs) {
    let largest = -Infinity;
    for (let k = 0; k < outputs; k++) largest = Math.max(largest, raw[start + k]!);
    let sum = 0;
    for (let k = 0; k < outputs; k++) sum += shares[start + k] = Math.exp(raw[start + k]! - largest);
    for (let k = 0; k < outputs; k++) shares[start + k] = shares[start + k]! / sum;
  }
  return shares;
}
