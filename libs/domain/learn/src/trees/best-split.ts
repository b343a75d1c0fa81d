import { hessianIn } from './fixed-point.js';

/** What a leaf's split is looked for by. Sums as histograms hold them. */
export interface SplitSearch {
  readonly lambda: number;
  readonly gamma: number;
  readonly minHessian: number;
  /** `minRowsPerLeaf` as packed rows: a packed sum is below it exactly when its rows are fewer. */
  readonly minPacked: number;
  readonly rowUnit: number;
  /** Sums of the node. */
  readonly gradient: number;
  readonly packed: number;
  /** Bounds of the values below this node, by monotone constraints above it. */
  readonly lowest: number;
  readonly highest: number;
  /** Whether any column of the tree is constrained. */
  readonly bounded: boolean;
}

/** The best split found so far; column -1: none. Filled in place. */
export interface Split {
  column: number;
  /** Rows of this bin and those below go left. */
  bin: number;
  missingLeft: boolean;
  /** What the loss loses by it (second order, with the penalty of lambda). */
  gain: number;
  leftGradient: number;
  leftPacked: number;
}

/** Share of a score. */
export const ROUNDING = 1e-12;

export function noSplit(): Split {
  return { column: -1, bin: 0, missingLeft: false, gain: 0, leftGradient: 0, leftPacked: 0 };
}

/**
 * Looks through one column's bins for a split better than `best`. Where rows are missing the value, both ways are tried for them, and
 * so is parting them from all others; else they are to go with the larger child.
 */
export function searchColumn(
  histogram: Float64Array,
  offset: number,
  valueBins: number,
  column: number,
  direction: number,
  search: SplitSearch,
  best: Split,
): void {
  const { gradient, packed, minPacked, minHessian, rowUnit } = search;
  const missingGradient = histogram[offset + 2 * valueBins]!;
  const missingPacked = histogram[offset + 2 * valueBins + 1]!;
  const hessian = hessianIn(packed, rowUnit);
  const before = search.bounded ? boundedScore(gradient, hessian, search) : freeScore(gradient, hessian, search.lambda);
  // The first of equal splits is taken: what is less than this is the rounding of equal scores, not a gain.
  let bestGain = Math.max(search.gamma, best.gain + before * ROUNDING);
  let leftGradient = 0;
  let leftPacked = 0;
  for (let bin = 0; bin < valueBins; bin++) {
    const binPacked = histogram[offset + 2 * bin + 1]!;
    if (binPacked === 0) continue; // the same rows as one bin before
    leftGradient += histogram[offset + 2 * bin]!;
    leftPacked += binPacked;
    if (packed - leftPacked < minPacked) break;
    for (let missingLeft = missingPacked > 0 ? 1 : 0; missingLeft >= 0; missingLeft--) {
      const g = missingLeft === 1 ? leftGradient + missingGradient : leftGradient;
      const p = missingLeft === 1 ? leftPacked + missingPacked : leftPacked;
      if (p < minPacked || packed - p < minPacked) continue;
      const h = hessianIn(p, rowUnit);
      if (h < minHessian || hessian - h < minHessian) continue;
      const after = search.bounded
        ? boundedScores(g, h, gradient - g, hessian - h, direction, search)
        : freeScore(g, h, search.lambda) + freeScore(gradient - g, hessian - h, search.lambda);
      const gain = after - before;
      if (!(gain > bestGain)) continue;
      bestGain = gain + after * ROUNDING;
      best.column = column;
      best.bin = bin;
      best.missingLeft = missingPacked > 0 ? missingLeft === 1 : 2 * p >= packed;
      best.gain = gain;
      best.leftGradient = g;
      best.leftPacked = p;
    }
  }
}

/** The value that a leaf of these sums should have: where the second-order loss is least, within bounds. */
export function leafValue(
  gradient: number,
  hessian: number,
  { lambda, lowest, highest }: Pick<SplitSearch, 'lambda' | 'lowest' | 'highest'>,
): number {
  const value = hessian + lambda > 0 ? -gradient / (hessian + lambda) : 0;
  return value < lowest ? lowest : value > highest ? highest : value;
}

/** What the loss loses by giving a leaf its best value, instead of 0. */
function freeScore(gradient: number, hessian: number, lambda: number): number {
  const denominator = hessian + lambda;
  return denominator > 0 ? (0.5 * gradient * gradient) / denominator : 0;
}

function boundedScore(gradient: number, hessian: number, search: SplitSearch): number {
  const value = leafValue(gradient, hessian, search);
  return -(gradient * value + 0.5 * (hessian + search.lambda) * value * value);
}

/** Of two children; a split that would turn the constrained direction round loses without bound. */
function boundedScores(
  leftGradient: number,
  leftHessian: number,
  rightGradient: number,
  rightHessian: number,
  direction: number,
  search: SplitSearch,
): number {
  if (direction !== 0) {
    const left = leafValue(leftGradient, leftHessian, search);
    const right = leafValue(rightGradient, rightHessian, search);
    if (direction * (right - left) < 0) return -Infinity;
  }
  return boundedScore(leftGradient, leftHessian, search) + boundedScore(rightGradient, rightHessian, search);
}
