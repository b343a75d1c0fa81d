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
  const end = offset + 2 * valueBins;
  const isFree = direction === 0 && search.lowest === -Infinity && search.highest === Infinity;
  const hasMissing = histogram[end + 1]! > 0;
  for (let missingLeft = hasMissing ? 1 : 0; missingLeft >= 0; missingLeft--) {
    const startGradient = missingLeft === 1 ? histogram[end]! : 0;
    const startPacked = missingLeft === 1 ? histogram[end + 1]! : 0;
    const found = isFree
      ? scan(histogram, offset, end, startGradient, startPacked, search, best)
      : scanBounded(histogram, offset, end, startGradient, startPacked, direction, search, best);
    if (!found) continue;
    best.column = column;
    best.missingLeft = hasMissing ? missingLeft === 1 : 2 * best.leftPacked >= search.packed;
  }
}

/**
 * Moves rows to the left bin by bin, beginning with those of `startGradient`; whether a split better than `best` was found and its bin,
 * gain and sums written there. The innermost loop of all: scores are compared over one division.
 */
function scan(
  histogram: Float64Array,
  offset: number,
  end: number,
  startGradient: number,
  startPacked: number,
  { gradient, packed, minPacked, minHessian, rowUnit, lambda, gamma }: SplitSearch,
  best: Split,
): boolean {
  const hessian = hessianIn(packed, rowUnit);
  const before = scoreOf(gradient, hessian, lambda);
  let least = before + leastGain(best, gamma, before);
  let found = -1;
  let leftGradient = startGradient;
  let leftPacked = startPacked;
  for (let at = offset; at < end; at += 2) {
    const binPacked = histogram[at + 1]!;
    if (binPacked === 0) continue; // the same rows as one bin before
    leftGradient += histogram[at]!;
    leftPacked += binPacked;
    if (leftPacked < minPacked) continue;
    if (packed - leftPacked < minPacked) break;
    const leftHessian = hessianIn(leftPacked, rowUnit);
    const rightHessian = hessian - leftHessian;
    if (leftHessian < minHessian) continue;
    if (rightHessian < minHessian) break;
    const rightGradient = gradient - leftGradient;
    const left = leftHessian + lambda;
    const right = rightHessian + lambda;
    const after = (0.5 * (leftGradient * leftGradient * right + rightGradient * rightGradient * left)) / (left * right);
    if (!(after > least)) continue;
    least = after + after * ROUNDING;
    found = at;
    best.gain = after - before;
    best.leftGradient = leftGradient;
    best.leftPacked = leftPacked;
  }
  if (found >= 0) best.bin = (found - offset) / 2;
  return found >= 0;
}

/** As `scan`, where the column or the node is bound by a monotone constraint: scores are of values within bounds. */
function scanBounded(
  histogram: Float64Array,
  offset: number,
  end: number,
  startGradient: number,
  startPacked: number,
  direction: number,
  search: SplitSearch,
  best: Split,
): boolean {
  const { gradient, packed, minPacked, minHessian, rowUnit, lambda, lowest, highest } = search;
  const hessian = hessianIn(packed, rowUnit);
  const before = scoreWith(boundedValue(gradient, hessian + lambda, lowest, highest), gradient, hessian + lambda);
  let least = before + leastGain(best, search.gamma, before);
  let found = false;
  let leftGradient = startGradient;
  let leftPacked = startPacked;
  for (let at = offset; at < end; at += 2) {
    if (histogram[at + 1] === 0) continue;
    leftGradient += histogram[at]!;
    leftPacked += histogram[at + 1]!;
    if (leftPacked < minPacked || packed - leftPacked < minPacked) continue;
    const leftHessian = hessianIn(leftPacked, rowUnit);
    const rightHessian = hessian - leftHessian;
    if (leftHessian < minHessian || rightHessian < minHessian) continue;
    const rightGradient = gradient - leftGradient;
    const left = boundedValue(leftGradient, leftHessian + lambda, lowest, highest);
    const right = boundedValue(rightGradient, rightHessian + lambda, lowest, highest);
    if (direction * (right - left) < 0) continue; // would turn the constrained direction round
    const after =
      scoreWith(left, leftGradient, leftHessian + lambda) + scoreWith(right, rightGradient, rightHessian + lambda);
    if (!(after > least)) continue;
    found = true;
    least = after + Math.abs(after) * ROUNDING;
    best.bin = (at - offset) / 2;
    best.gain = after - before;
    best.leftGradient = leftGradient;
    best.leftPacked = leftPacked;
  }
  return found;
}

/** The first of equal splits is taken: what is less than a score's rounding is no gain. */
function leastGain(best: Split, gamma: number, before: number): number {
  return Math.max(gamma, best.gain + Math.abs(before) * ROUNDING);
}

/** The value that a leaf of these sums should have: where the second-order loss is least, within bounds. */
export function leafValue(
  gradient: number,
  hessian: number,
  { lambda, lowest, highest }: Pick<SplitSearch, 'lambda' | 'lowest' | 'highest'>,
): number {
  return boundedValue(gradient, hessian + lambda, lowest, highest);
}

function boundedValue(gradient: number, curvature: number, lowest: number, highest: number): number {
  const value = curvature > 0 ? -gradient / curvature : 0;
  return value < lowest ? lowest : value > highest ? highest : value;
}

/** What the loss loses by giving a leaf a value, instead of 0. */
function scoreWith(value: number, gradient: number, curvature: number): number {
  return -value * (gradient + 0.5 * curvature * value);
}

/** What the loss loses by giving a leaf its best value, instead of 0. */
function scoreOf(gradient: number, hessian: number, lambda: number): number {
  const denominator = hessian + lambda;
  return denominator > 0 ? (0.5 * gradient * gradient) / denominator : 0;
}
