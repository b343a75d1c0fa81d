import type { ModelTask } from '#contracts';
import { isHigherBetter } from '#domain/monitors';
import { meanOf, type CrossValidation, type FoldResult } from './cross-validation.js';
import type { Parameters } from './hyperparameters.js';
import type { Report } from './progress.js';
import { isHopeless } from './search-trials.js';
import type { Trial } from './training-plan.js';

export interface TriedOut {
  readonly trials: readonly Trial[];
  readonly parameters: Parameters;
  /** Of the best trial, one per fold. */
  readonly results: readonly FoldResult[];
}

/** Tries combinations by cross-validation, the bad ones on some of the folds only. The first of equally good ones is best. */
export function bestTrial(
  combinations: readonly Parameters[],
  validation: CrossValidation,
  task: ModelTask,
  metric: string,
  report: Report,
): TriedOut {
  const sign = isHigherBetter(task, metric) ? -1 : 1;
  const trials: Trial[] = [];
  let best: { readonly loss: number; readonly parameters: Parameters; readonly results: readonly FoldResult[] } | null =
    null;
  for (const [trial, parameters] of combinations.entries()) {
    const results: FoldResult[] = [];
    let stopped = false;
    for (const fold of validation.splits.keys()) {
      const at = {
        phase: combinations.length > 1 ? 'searching' : 'validating',
        ...{ trial, trials: combinations.length, fold, folds: validation.splits.length },
      } as const;
      report(at);
      results.push(
        validation.run(fold, parameters, (round, rounds) => report({ ...at, round, rounds: rounds ?? null })),
      );
      const isLast = fold === validation.splits.length - 1;
      const losses = known(results, metric).map((score) => sign * score);
      stopped =
        !isLast &&
        isHopeless(
          losses,
          trials.map(({ folds }) => folds.map((score) => sign * score)),
        );
      if (stopped) break;
    }
    const folds = known(results, metric);
    const score = meanOf(folds);
    trials.push({ parameters, folds, score, stopped });
    // A fold of one class has no ROC AUC: a trial without any is as bad as can be.
    const loss = Number.isFinite(score) ? sign * score : Infinity;
    if (!stopped && (best === null || loss < best.loss)) best = { loss, parameters, results };
  }
  return { trials, parameters: best!.parameters, results: best!.results };
}

function known(results: readonly FoldResult[], metric: string): readonly number[] {
  return results.map(({ metrics }) => metrics[metric]!).filter(Number.isFinite);
}
