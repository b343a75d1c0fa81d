import type { ModelTask } from '#contracts';

/** A row of served features in the pipeline's order; null: missing. */
export type FeatureRow = readonly (number | string | null)[];

/** What a model said about rows. */
export interface GateScores {
  /** One per row; NaN where it has none. Multiclass: the largest class score. */
  readonly scores: ArrayLike<number>;
  /** Multiclass: as many per row as there are classes, row by row; else null. */
  readonly classScores: ArrayLike<number> | null;
  /** Why a row has no score, by its index. */
  readonly problems: ReadonlyMap<number, string>;
}

/** Scores rows with a model, as serving would. */
export type Scorer = (rows: readonly FeatureRow[]) => Promise<GateScores>;

/** What decides: positive from the threshold on; the first class with the largest score. */
export interface DecisionRule {
  readonly task: ModelTask;
  readonly threshold: number;
}

/** Binary: 1 is positive. Multiclass: the class. Regression has none, which is -1. */
export function decisionAt(
  { task, threshold }: DecisionRule,
  { scores, classScores }: GateScores,
  row: number,
): number {
  if (task === 'binary-classification') return scores[row]! >= threshold ? 1 : 0;
  if (task === 'regression' || classScores === null) return -1;
  const classes = classScores.length / scores.length;
  let best = 0;
  for (let k = 1; k < classes; k++) {
    if (classScores[row * classes + k]! > classScores[row * classes + best]!) best = k;
  }
  return best;
}
