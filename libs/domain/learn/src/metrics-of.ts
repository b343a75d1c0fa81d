import type { ModelTask } from '#contracts';
import {
  accuracy,
  calibrationError,
  f1,
  logLoss,
  meanAbsoluteError,
  meanSquaredError,
  prAuc,
  r2,
  rocAuc,
} from './metrics.js';

/** Scores of rows, and what is true of them. */
export interface LabelledScores {
  /** `rows × classes` of multiclass, else one per row. */
  readonly scores: Float64Array;
  readonly labels: Float64Array;
}

/** Metrics that rise as a model gets better; all others fall. */
const RISING: ReadonlySet<string> = new Set(['accuracy', 'f1', 'macro_f1', 'roc_auc', 'pr_auc', 'r2']);

export function isHigherBetter(metric: string): boolean {
  return RISING.has(metric);
}

/** What is measured of a task; `plan.metric` is one of these. */
export const METRICS: Readonly<Record<ModelTask, readonly string[]>> = {
  'binary-classification': ['accuracy', 'f1', 'roc_auc', 'pr_auc', 'log_loss', 'brier', 'calibration_error'],
  'multiclass-classification': ['accuracy', 'macro_f1', 'log_loss'],
  regression: ['rmse', 'mae', 'r2'],
};

/** By which trials are compared where the plan says nothing: proper, so that it rewards true probabilities. */
export function metricByDefault(task: ModelTask): string {
  return task === 'regression' ? 'rmse' : 'log_loss';
}

/** All of METRICS; one that the rows do not define (one class only) is NaN. */
export function metricsOf(
  task: ModelTask,
  { scores, labels }: LabelledScores,
  threshold: number,
): Readonly<Record<string, number>> {
  switch (task) {
    case 'binary-classification':
      return {
        accuracy: accuracy(scores, labels, threshold),
        f1: f1(scores, labels, threshold),
        roc_auc: rocAuc(scores, labels),
        pr_auc: prAuc(scores, labels),
        log_loss: logLoss(scores, labels),
        brier: meanSquaredError(scores, labels),
        calibration_error: calibrationError(scores, labels),
      };
    case 'multiclass-classification':
      return multiclassMetrics(scores, labels);
    case 'regression':
      return {
        rmse: Math.sqrt(meanSquaredError(scores, labels)),
        mae: meanAbsoluteError(scores, labels),
        r2: r2(scores, labels),
      };
  }
}

/** Class with the largest score, of equal ones the first. */
export function likeliestClass(scores: ArrayLike<number>, row: number, classes: number): number {
  let best = 0;
  for (let k = 1; k < classes; k++) if (scores[row * classes + k]! > scores[row * classes + best]!) best = k;
  return best;
}

function multiclassMetrics(scores: Float64Array, labels: Float64Array): Readonly<Record<string, number>> {
  const rows = labels.length;
  const classes = scores.length / rows;
  const hits = new Float64Array(classes);
  const decided = new Float64Array(classes);
  const actual = new Float64Array(classes);
  let loss = 0;
  for (let row = 0; row < rows; row++) {
    const label = labels[row]!;
    const decision = likeliestClass(scores, row, classes);
    decided[decision] = decided[decision]! + 1;
    actual[label] = actual[label]! + 1;
    if (decision === label) hits[label] = hits[label]! + 1;
    const p = Math.min(Math.max(scores[row * classes + label]!, Number.EPSILON), 1 - Number.EPSILON);
    loss -= Math.log(p) / rows;
  }
  // Over the classes that were decided or true, as scikit-learn.
  const present = Array.from(actual.keys()).filter((k) => actual[k]! + decided[k]! > 0);
  const macro = present.reduce((sum, k) => sum + (2 * hits[k]!) / (decided[k]! + actual[k]!), 0) / present.length;
  return { accuracy: hits.reduce((sum, count) => sum + count, 0) / rows, macro_f1: macro, log_loss: loss };
}
