import { quantileOf } from '#domain/statistics';

/** How scores lie: their quantiles. */
export interface ScoreDistribution {
  readonly min: number;
  readonly p10: number;
  readonly p50: number;
  readonly p90: number;
  readonly max: number;
  readonly mean: number;
}

const BINS = 10;
/** Share of an empty bin. */
const EPSILON = 1e-4;

/** @param scores finite, at least one */
export function distributionOf(scores: Float64Array): ScoreDistribution {
  const sorted = scores.toSorted();
  const at = (p: number): number => quantileOf(sorted, p);
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  return { min: at(0), p10: at(0.1), p50: at(0.5), p90: at(0.9), max: at(1), mean };
}

/** Population stability index of `actual` against the deciles of `expected`, both not empty; equal scores share one bin. */
export function populationStability(expected: Float64Array, actual: Float64Array): number {
  const sorted = expected.toSorted();
  const edges = [...new Set(Array.from({ length: BINS - 1 }, (_, i) => quantileOf(sorted, (i + 1) / BINS)))];
  const shares = (scores: Float64Array): readonly number[] => {
    const counts = new Float64Array(edges.length + 1);
    for (const score of scores) {
      let bin = 0;
      while (bin < edges.length && score > edges[bin]!) bin++;
      counts[bin]!++;
    }
    return Array.from(counts, (rows) => Math.max(rows / scores.length, EPSILON));
  };
  const [before, after] = [shares(expected), shares(actual)];
  return before.reduce((sum, share, bin) => sum + (after[bin]! - share) * Math.log(after[bin]! / share), 0);
}
