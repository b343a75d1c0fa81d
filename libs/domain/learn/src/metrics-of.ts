import type { ModelTask } from '#contracts';
import { gateMetric, gateMetricsOf } from '#domain/gates';

/** Scores of rows, and what is true of them. */
export interface LabelledScores {
  /** `rows × classes` of multiclass, else one per row. */
  readonly scores: Float64Array;
  readonly labels: Float64Array;
}

/** By which trials are compared where the plan says nothing: proper, so that it rewards true probabilities. */
export function metricByDefault(task: ModelTask): string {
  return task === 'regression' ? 'rmse' : 'log_loss';
}

/** All metrics that candidates may be compared by; one that the rows do not define (one class only) is NaN. */
export function metricsOf(
  task: ModelTask,
  { scores, labels }: LabelledScores,
  threshold: number,
): Readonly<Record<string, number>> {
  const several = task === 'multiclass-classification';
  const rows = {
    labels,
    rule: { task, threshold },
    scores: several ? largestScores(scores, labels.length) : scores,
    classScores: several ? scores : null,
  };
  return Object.fromEntries(gateMetricsOf(task).map((name) => [name, gateMetric(task, name).prepare(rows)(null)]));
}

/** Area under the ROC curve, ties counting one half. NaN when one class is absent. */
export function rocAuc(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  const rule = { task: 'binary-classification', threshold: 0.5 } as const;
  return gateMetric(rule.task, 'roc_auc').prepare({ scores, labels, rule, classScores: null })(null);
}

/** Class with the largest score, of equal ones the first. */
export function likeliestClass(scores: ArrayLike<number>, row: number, classes: number): number {
  let best = 0;
  for (let k = 1; k < classes; k++) if (scores[row * classes + k]! > scores[row * classes + best]!) best = k;
  return best;
}

function largestScores(scores: Float64Array, rows: number): Float64Array {
  const classes = scores.length / rows;
  return Float64Array.from({ length: rows }, (_, row) => scores[row * classes + likeliestClass(scores, row, classes)]!);
}
