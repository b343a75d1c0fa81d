import { seededUniforms } from '#domain/statistics';

/** Indexes of rows to train on, and of rows to judge by. */
export interface RowSplit {
  readonly training: Uint32Array;
  readonly validation: Uint32Array;
}

/**
 * Rows in the order of time, those of one time as they stand; without times in an order by chance, the same for a seed.
 */
export function orderOf(rows: number, times: ArrayLike<number> | null, seed: number): Uint32Array {
  const order = Uint32Array.from({ length: rows }, (_, row) => row);
  if (times !== null) return order.sort((a, b) => times[a]! - times[b]! || a - b);
  const uniform = seededUniforms(seed);
  for (let at = rows - 1; at > 0; at--) {
    const other = Math.floor(uniform() * (at + 1));
    [order[at], order[other]] = [order[other]!, order[at]!];
  }
  return order;
}

/** The newest share, rounded down, is held out. */
export function holdOut(
  order: Uint32Array,
  share: number,
): { readonly training: Uint32Array; readonly holdout: Uint32Array } {
  const kept = order.length - Math.floor(order.length * share);
  return { training: order.slice(0, kept), holdout: order.slice(kept) };
}

/**
 * Folds of cross-validation that never train on what comes after: of folds + 1 blocks of the order, each but the first is
 * judged by a model of all before it (scikit-learn's TimeSeriesSplit, the first block taking what is left over).
 */
export function expandingFolds(order: Uint32Array, folds: number): readonly RowSplit[] {
  const block = Math.floor(order.length / (folds + 1));
  if (folds < 2 || block === 0) return [];
  return Array.from({ length: folds }, (_, fold) => {
    const from = order.length - (folds - fold) * block;
    return { training: order.slice(0, from), validation: order.slice(from, from + block) };
  });
}

/** Folds of rows without a time: each block of the order is judged by a model of all others. */
export function shuffledFolds(order: Uint32Array, folds: number): readonly RowSplit[] {
  if (folds < 2 || order.length < folds) return [];
  return Array.from({ length: folds }, (_, fold) => {
    const from = Math.floor((fold * order.length) / folds);
    const to = Math.floor(((fold + 1) * order.length) / folds);
    const training = new Uint32Array(order.length - (to - from));
    training.set(order.subarray(0, from));
    training.set(order.subarray(to), from);
    return { training, validation: order.slice(from, to) };
  });
}
