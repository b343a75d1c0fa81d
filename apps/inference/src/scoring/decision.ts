import type { ModelTask } from '#contracts';

/** Binary: positive at `score >= threshold`. Multiclass: the first class with the largest score. Regression: none. */
export function decisionOf(
  { task, threshold }: { readonly task: ModelTask; readonly threshold: number },
  score: number,
  classScores: readonly number[],
): string {
  switch (task) {
    case 'binary-classification':
      return score >= threshold ? 'positive' : 'negative';
    case 'multiclass-classification':
      return String(classScores.indexOf(score));
    case 'regression':
      return '';
  }
}
