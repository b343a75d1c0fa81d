import { normalQuantile, wilson, type Interval } from '#domain/statistics';

/** What one group was given: `hits` of `rows`. */
export interface GroupRate {
  readonly group: string;
  readonly hits: number;
  readonly rows: number;
}

/** Between the groups with the lowest and the highest rate, as Fairlearn's `between_groups`. */
export interface Comparison {
  /** Highest less lowest rate. */
  readonly difference: number;
  /** Lowest over highest rate; null where nobody is hit. */
  readonly ratio: number | null;
  readonly differenceInterval: Interval;
  readonly ratioInterval: Interval | null;
  /** Whether the groups differ at the confidence asked for. */
  readonly significant: boolean;
}

/**
 * Compares groups by a rate. The two extreme ones were looked for among all pairs: each pair's interval is as wide as makes
 * all pairs hold together (Bonferroni).
 *
 * @param groups with at least one row each
 * @returns null without groups
 */
export function compareGroups(groups: readonly GroupRate[], confidence: number): Comparison | null {
  const sorted = groups.toSorted((a, b) => rateOf(a) - rateOf(b));
  const [lowest, highest] = [sorted[0], sorted.at(-1)];
  if (lowest === undefined || highest === undefined) return null;
  const pairs = Math.max(1, (groups.length * (groups.length - 1)) / 2);
  const ofPair = 1 - (1 - confidence) / pairs;
  const difference = rateOf(highest) - rateOf(lowest);
  const { low, high } = newcombe(highest, lowest, ofPair);
  return {
    difference,
    ratio: rateOf(highest) === 0 ? null : rateOf(lowest) / rateOf(highest),
    differenceInterval: { low: Math.max(0, low), high },
    ratioInterval: katz(lowest, highest, ofPair),
    significant: groups.length > 1 && low > 0,
  };
}

function rateOf({ hits, rows }: GroupRate): number {
  return hits / rows;
}

/** Of a difference of two proportions, by the Wilson intervals of both (Newcombe 1998, method 10). */
function newcombe(a: GroupRate, b: GroupRate, confidence: number): Interval {
  const [p, q] = [rateOf(a), rateOf(b)];
  const [first, second] = [wilson(a.hits, a.rows, confidence), wilson(b.hits, b.rows, confidence)];
  return {
    low: p - q - Math.hypot(p - first.low, second.high - q),
    high: p - q + Math.hypot(first.high - p, q - second.low),
  };
}

/** Of a ratio of two proportions, on the scale of logarithms (Katz 1978), within [0, 1]; null where one of them is 0. */
function katz(a: GroupRate, b: GroupRate, confidence: number): Interval | null {
  if (a.hits === 0 || b.hits === 0) return null;
  const ratio = rateOf(a) / rateOf(b);
  const half = normalQuantile((1 + confidence) / 2) * Math.sqrt(1 / a.hits - 1 / a.rows + 1 / b.hits - 1 / b.rows);
  return { low: ratio * Math.exp(-half), high: Math.min(1, ratio * Math.exp(half)) };
}
