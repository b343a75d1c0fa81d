import { normalQuantile, type Interval } from '#domain/statistics';

/** The areas under two ROC curves of the same rows, and the first less the second. */
export interface AreaComparison {
  readonly difference: number;
  readonly standardError: number;
  readonly interval: Interval;
}

/**
 * Two models on the same rows by DeLong, DeLong and Clarke-Pearson (1988): the variance of the difference is that of the
 * differences of the rows' placements, which takes what the models have in common into account. Placements by mid-ranks (Sun
 * and Xu 2014), so in the time of a sort. Null where a class has fewer than two rows.
 *
 * @param labels 1 is positive
 */
export function compareAreas(
  labels: ArrayLike<number>,
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  confidence: number,
): AreaComparison | null {
  const a = placements(labels, first);
  const b = placements(labels, second);
  if (a.positives.length < 2 || a.negatives.length < 2) return null;
  const difference = mean(a.positives) - mean(b.positives);
  const variance =
    varianceOfDifference(a.positives, b.positives) / a.positives.length +
    varianceOfDifference(a.negatives, b.negatives) / a.negatives.length;
  const standardError = Math.sqrt(variance);
  const half = normalQuantile((1 + confidence) / 2) * standardError;
  return { difference, standardError, interval: { low: difference - half, high: difference + half } };
}

interface Placements {
  /** Of each positive: the share of the negatives that score below it, ties counting one half. */
  readonly positives: Float64Array;
  /** Of each negative: the share of the positives above it. */
  readonly negatives: Float64Array;
}

function placements(labels: ArrayLike<number>, scores: ArrayLike<number>): Placements {
  const positiveRows: number[] = [];
  const negativeRows: number[] = [];
  for (let row = 0; row < labels.length; row++) (labels[row] === 1 ? positiveRows : negativeRows).push(row);
  const everywhere = midRanks(scores, [...positiveRows, ...negativeRows]);
  const amongPositives = midRanks(scores, positiveRows);
  const amongNegatives = midRanks(scores, negativeRows);
  const [m, n] = [positiveRows.length, negativeRows.length];
  return {
    positives: Float64Array.from({ length: m }, (_, i) => (everywhere[i]! - amongPositives[i]!) / n),
    negatives: Float64Array.from({ length: n }, (_, j) => 1 - (everywhere[m + j]! - amongNegatives[j]!) / m),
  };
}

/** Ranks from 1 of the rows' scores, in the rows' order; equal ones share the middle of theirs. */
function midRanks(scores: ArrayLike<number>, rows: readonly number[]): Float64Array {
  const order = Uint32Array.from({ length: rows.length }, (_, at) => at).sort(
    (a, b) => scores[rows[a]!]! - scores[rows[b]!]!,
  );
  const ranks = new Float64Array(rows.length);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && scores[rows[order[end]!]!] === scores[rows[order[start]!]!]) end++;
    for (let at = start; at < end; at++) ranks[order[at]!] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function varianceOfDifference(a: Float64Array, b: Float64Array): number {
  const differences = a.map((value, at) => value - b[at]!);
  const middle = mean(differences);
  return differences.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (differences.length - 1);
}
