import { decisionAt, type DecisionRule, type FeatureRow, type GateScores, type Scorer } from '../scorer.js';
import type { FeatureRange } from './feature-ranges.js';
import { nudgeOf, within } from './stress-rows.js';

const PASSES = 2;
/** Of the greatest step; the smaller one in no simple proportion to it, so that what repeats evenly is met by one of them. */
const STEPS = [1, -1, 0.618, -0.618];

/** Where the search ended for each row: the row as it was nudged, and what the model said of it. */
export interface Nudged {
  readonly rows: readonly FeatureRow[];
  readonly scores: GateScores;
}

/**
 * Tries to turn each row's decision by moving every number by a hundredth of its range at most: feature by feature, twice over, the
 * step that brings the score furthest towards another decision is kept (coordinate-wise greedy search; no gradient is needed).
 * A regression, which decides nothing, is moved as far as it goes.
 *
 * @param before the model's scores of the rows
 */
export async function nudgeDecisions(
  rule: DecisionRule,
  ranges: readonly FeatureRange[],
  rows: readonly FeatureRow[],
  before: GateScores,
  score: Scorer,
): Promise<Nudged> {
  const decided = rows.map((_, row) => decisionAt(rule, before, row));
  const start = Float64Array.from(before.scores);
  let best: readonly FeatureRow[] = rows;
  const towards = rows.map((_, row) => progress(before, row));
  for (let pass = 0; pass < PASSES; pass++) {
    for (const [at, range] of ranges.entries()) {
      const step = nudgeOf(range);
      if (step === 0 || range.kind !== 'number') continue;
      for (const part of STEPS) {
        const tried = best.map((row, index) => {
          const original = rows[index]![at];
          return typeof original === 'number' ? row.with(at, within(range, original + part * step)) : row;
        });
        const scores = await score(tried);
        best = best.map((row, index) => {
          const reached = progress(scores, index);
          // A row without a score is the worst that a nudge can do.
          if (reached <= towards[index]! && !Number.isNaN(reached)) return row;
          if (Number.isNaN(towards[index]!)) return row;
          towards[index] = reached;
          return tried[index]!;
        });
      }
    }
  }
  return { rows: best, scores: await score(best) };

  /** How far a row's score is on its way to another decision. */
  function progress(scores: GateScores, row: number): number {
    const value = scores.scores[row]!;
    if (rule.task === 'regression') return Math.abs(value - start[row]!);
    if (scores.classScores === null) return decided[row] === 1 ? -value : value;
    const classes = scores.classScores.length / scores.scores.length;
    return Number.isNaN(value) ? NaN : -scores.classScores[row * classes + decided[row]!]!;
  }
}
