import { MODEL_METADATA } from '#contracts';
import { logisticRegressionToOnnx } from '#domain/onnx-format';
import { fitCalibration, type Calibration } from './calibration.js';
import { heldOutScores, type HeldOutScores } from './held-out-scores.js';
import {
  fitLogisticRegression,
  predictLogisticRegression,
  type LogisticRegressionOptions,
} from './logistic-regression.js';
import { accuracy, logLoss, rocAuc } from './metrics.js';
import { countPositives, problemOf, type TrainingProblem } from './training-set.js';

interface ScoreMetrics {
  readonly rows: number;
  readonly positives: number;
  readonly accuracy: number;
  readonly rocAuc: number;
  readonly logLoss: number;
}

/** Of the model on the rows it was trained on: they describe the fit, not what to expect of unseen events. */
export interface TrainingMetrics extends ScoreMetrics {
  /** Of models made in the same way on rows that they had not seen: rather what to expect. Null: too few rows. */
  readonly heldOut: ScoreMetrics | null;
}

export interface TrainedModel {
  readonly ok: true;
  readonly onnx: Uint8Array;
  readonly metrics: TrainingMetrics;
  /** Fitted on held-out scores; also in the file's metadata. Null: too few rows. */
  readonly calibration: Calibration | null;
  readonly convergence: { readonly converged: boolean; readonly iterations: number; readonly gradient: number };
}

/**
 * Trains on rows of served features and writes the model as ONNX; the same rows give the same bytes.
 * @param rows in the order of `featureNames`; null: missing
 * @param labels 0 or 1 for each row
 * @param options.times event time of each row; left out: the rows stand in the order of time
 */
export function trainLogisticRegression(
  rows: readonly (readonly (number | string | null)[])[],
  labels: readonly number[],
  featureNames: readonly string[],
  options: LogisticRegressionOptions & { readonly pipeline: string; readonly times?: readonly number[] },
): TrainedModel | TrainingProblem {
  const matrix = matrixOf(rows, labels, featureNames);
  if (!matrix.ok) return matrix;
  const set = { columns: featureNames.length, values: matrix.values, labels: Uint8Array.from(labels) };
  const problem = problemOf(set, featureNames);
  if (problem !== null) return { ok: false, message: problem };
  const { model, ...convergence } = fitLogisticRegression(set, options);
  const scores = predictLogisticRegression(model, set.values);
  const { times } = options;
  const order = times && Uint32Array.from(times, (_, row) => row).sort((a, b) => times[a]! - times[b]! || a - b);
  const heldOut = heldOutScores(set, options, order && { order });
  const calibration = fitCalibration(heldOut.scores, heldOut.labels);
  const metrics: TrainingMetrics = {
    ...measured({ scores, labels: set.labels }),
    heldOut: calibration && measured(heldOut),
  };
  const onnx = logisticRegressionToOnnx(model, {
    [MODEL_METADATA.pipeline]: options.pipeline,
    [MODEL_METADATA.features]: JSON.stringify(featureNames),
    [MODEL_METADATA.trainer]: 'logistic-regression',
    [MODEL_METADATA.trainingRows]: String(rows.length),
    [MODEL_METADATA.metrics]: JSON.stringify(metrics),
    ...(calibration && { [MODEL_METADATA.calibration]: JSON.stringify(calibration) }),
  });
  return { ok: true, onnx, metrics, calibration, convergence };
}

function measured({ scores, labels }: HeldOutScores): ScoreMetrics {
  return {
    rows: labels.length,
    positives: countPositives(labels),
    accuracy: accuracy(scores, labels),
    rocAuc: rocAuc(scores, labels),
    logLoss: logLoss(scores, labels),
  };
}

function matrixOf(
  rows: readonly (readonly (number | string | null)[])[],
  labels: readonly number[],
  names: readonly string[],
): { readonly ok: true; readonly values: Float64Array } | TrainingProblem {
  if (rows.length !== labels.length) {
    return { ok: false, message: `${rows.length} rows but ${labels.length} labels were given` };
  }
  const bad = labels.findIndex((label) => label !== 0 && label !== 1);
  if (bad >= 0) return { ok: false, message: `the label of row ${bad} is ${labels[bad]}, expected 0 or 1` };
  const values = new Float64Array(rows.length * names.length);
  for (const [index, row] of rows.entries()) {
    if (row.length !== names.length) {
      return { ok: false, message: `row ${index} has ${row.length} values for ${names.length} features` };
    }
    for (const [column, value] of row.entries()) {
      if (typeof value === 'string') {
        const message = `${names[column]} is a string ("${value}" in row ${index}): a logistic regression takes numbers; encode it with a CEL feature`;
        return { ok: false, message };
      }
      values[index * names.length + column] = value ?? NaN;
    }
  }
  return { ok: true, values };
}
