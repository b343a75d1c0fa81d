import { MODEL_METADATA } from '#contracts';
import { logisticRegressionToOnnx } from '#domain/onnx-format';
import {
  fitLogisticRegression,
  predictLogisticRegression,
  type LogisticRegressionOptions,
} from './logistic-regression.js';
import { accuracy, logLoss, rocAuc } from './metrics.js';
import { countPositives, problemOf, type TrainingProblem } from './training-set.js';

/** Of the model on the rows it was trained on: they describe the fit, not what to expect of unseen events. */
export interface TrainingMetrics {
  readonly rows: number;
  readonly positives: number;
  readonly accuracy: number;
  readonly rocAuc: number;
  readonly logLoss: number;
}

export interface TrainedModel {
  readonly ok: true;
  readonly onnx: Uint8Array;
  readonly metrics: TrainingMetrics;
  readonly convergence: { readonly converged: boolean; readonly iterations: number; readonly gradient: number };
}

/**
 * Trains on rows of served features and writes the model as ONNX; the same rows give the same bytes.
 * @param rows in the order of `featureNames`; null: missing
 * @param labels 0 or 1 for each row
 */
export function trainLogisticRegression(
  rows: readonly (readonly (number | string | null)[])[],
  labels: readonly number[],
  featureNames: readonly string[],
  options: LogisticRegressionOptions & { readonly pipeline: string },
): TrainedModel | TrainingProblem {
  const matrix = matrixOf(rows, labels, featureNames);
  if (!matrix.ok) return matrix;
  const set = { columns: featureNames.length, values: matrix.values, labels: Uint8Array.from(labels) };
  const problem = problemOf(set, featureNames);
  if (problem !== null) return { ok: false, message: problem };
  const { model, ...convergence } = fitLogisticRegression(set, options);
  const scores = predictLogisticRegression(model, set.values);
  const metrics: TrainingMetrics = {
    rows: rows.length,
    positives: countPositives(set.labels),
    accuracy: accuracy(scores, set.labels),
    rocAuc: rocAuc(scores, set.labels),
    logLoss: logLoss(scores, set.labels),
  };
  const onnx = logisticRegressionToOnnx(model, {
    [MODEL_METADATA.pipeline]: options.pipeline,
    [MODEL_METADATA.features]: JSON.stringify(featureNames),
    [MODEL_METADATA.trainer]: 'logistic-regression',
    [MODEL_METADATA.trainingRows]: String(rows.length),
    [MODEL_METADATA.metrics]: JSON.stringify(metrics),
  });
  return { ok: true, onnx, metrics, convergence };
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
