import type { Interval } from './interval.js';
import { drawMultinomial, seededUniforms } from './random.js';

/**
 * Percentile interval of any function of counts, as of a confusion matrix: the rows are drawn again with replacement,
 * which for counts is a multinomial draw. Deterministic. Cost: cells × resamples, whatever the counts.
 * @param counts rows in each cell, whole numbers
 * @param statistic gets counts with the same sum; null or NaN where it has no value (such draws are left out)
 * @returns null where more than half of the draws have no value, or there are no rows
 */
export function bootstrapCounts(
  counts: readonly number[],
  statistic: (counts: readonly number[]) => number | null,
  {
    confidence,
    resamples = 2000,
    seed = 1,
  }: { readonly confidence: number; readonly resamples?: number; readonly seed?: number },
): Interval | null {
  const rows = counts.reduce((sum, count) => sum + count, 0);
  if (!(rows > 0)) return null;
  const shares = counts.map((count) => count / rows);
  const uniform = seededUniforms(seed);
  const drawn = counts.map(() => 0);
  const values: number[] = [];
  for (let i = 0; i < resamples; i++) {
    const value = statistic(drawMultinomial(rows, shares, uniform, drawn));
    if (value !== null && !Number.isNaN(value)) values.push(value);
  }
  if (values.length * 2 < resamples) return null;
  values.sort((a, b) => a - b);
  return { low: quantileOf(values, (1 - confidence) / 2), high: quantileOf(values, (1 + confidence) / 2) };
}

/** Of sorted values, linear between them (Hyndman and Fan's type 7, as NumPy). */
export function quantileOf(sorted: ArrayLike<number>, p: number): number {
  const place = (sorted.length - 1) * p;
  const below = Math.floor(place);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low === high ? low : low + (high - low) * (place - below);
}
