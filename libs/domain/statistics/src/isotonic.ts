/** A function that is linear between its points and flat beyond them; `xs` rise. */
export interface PiecewiseLinear {
  readonly xs: readonly number[];
  readonly ys: readonly number[];
}

/**
 * Least-squares non-decreasing regression by pooling adjacent violators. Rows with equal x are one point, their weighted
 * mean. Within a level only its first and last point are given (as scikit-learn's `X_thresholds_`).
 * @param weights greater than 0; left out: 1 each
 */
export function isotonicRegression(
  xs: ArrayLike<number>,
  ys: ArrayLike<number>,
  weights?: ArrayLike<number>,
): PiecewiseLinear {
  const order = Uint32Array.from({ length: xs.length }, (_, i) => i).sort((a, b) => xs[a]! - xs[b]!);
  const levels: Level[] = [];
  for (let at = 0; at < order.length;) {
    const x = xs[order[at]!]!;
    let weight = 0;
    let sum = 0;
    for (; at < order.length && xs[order[at]!] === x; at++) {
      const w = weights === undefined ? 1 : weights[order[at]!]!;
      weight += w;
      sum += w * ys[order[at]!]!;
    }
    let level: Level = { first: x, last: x, weight, sum };
    for (let below = levels.at(-1); below && meanOf(below) >= meanOf(level); below = levels.at(-1)) {
      levels.pop();
      level = { first: below.first, last: level.last, weight: below.weight + level.weight, sum: below.sum + level.sum };
    }
    levels.push(level);
  }
  return {
    xs: levels.flatMap(({ first, last }) => (first === last ? [first] : [first, last])),
    ys: levels.flatMap((level) => (level.first === level.last ? [meanOf(level)] : [meanOf(level), meanOf(level)])),
  };
}

/** Points with one value, from the first x to the last. */
interface Level {
  readonly first: number;
  readonly last: number;
  readonly weight: number;
  readonly sum: number;
}

function meanOf({ sum, weight }: Level): number {
  return sum / weight;
}

/** NaN where the function has no points or x is NaN. */
export function interpolate({ xs, ys }: PiecewiseLinear, x: number): number {
  if (xs.length === 0 || Number.isNaN(x)) return NaN;
  let low = 0;
  let high = xs.length - 1;
  if (x <= xs[low]!) return ys[low]!;
  if (x >= xs[high]!) return ys[high]!;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (xs[middle]! <= x) low = middle;
    else high = middle;
  }
  return ys[low]! + ((ys[high]! - ys[low]!) * (x - xs[low]!)) / (xs[high]! - xs[low]!);
}
