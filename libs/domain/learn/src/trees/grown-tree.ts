import type { Split } from './best-split.js';
import type { BinnedMatrix } from './binned-matrix.js';

/** A tree in bins, in flat arrays as `Tree` has them, and where its leaves' rows lie in the rows it was grown on. */
export interface GrownTree {
  /** -1: leaf. */
  readonly feature: number[];
  readonly bin: number[];
  readonly missingLeft: (0 | 1)[];
  readonly left: number[];
  readonly right: number[];
  /** Of leaves, not yet shrunk. */
  readonly value: number[];
  readonly gain: number[];
  /** A leaf's rows are `rows[begin … end)` after growing. */
  readonly begin: number[];
  readonly end: number[];
}

export function emptyTree(): GrownTree {
  return {
    ...{ feature: [], bin: [], missingLeft: [], left: [], right: [] },
    ...{ value: [], gain: [], begin: [], end: [] },
  };
}

/** Adds a leaf; its number. */
export function addLeaf(tree: GrownTree, begin: number, end: number, value: number): number {
  tree.feature.push(-1);
  tree.bin.push(0);
  tree.missingLeft.push(0);
  tree.left.push(0);
  tree.right.push(0);
  tree.value.push(value);
  tree.gain.push(0);
  tree.begin.push(begin);
  tree.end.push(end);
  return tree.feature.length - 1;
}

export function setSplit(tree: GrownTree, node: number, split: Split, left: number, right: number): void {
  tree.feature[node] = split.column;
  tree.bin[node] = split.bin;
  tree.missingLeft[node] = split.missingLeft ? 1 : 0;
  tree.left[node] = left;
  tree.right[node] = right;
  tree.value[node] = 0;
  tree.gain[node] = split.gain;
}

/**
 * Moves the rows that go right behind those that go left, both in their order; where the right ones begin.
 * @param spare as long as the rows
 */
export function partitionRows(
  { columns }: BinnedMatrix,
  rows: Int32Array,
  begin: number,
  end: number,
  { column, bin, missingLeft }: Split,
  spare: Int32Array,
): number {
  const { bins, valueBins } = columns[column]!;
  const missingBin = missingLeft ? valueBins : -1;
  let left = begin;
  let right = 0;
  for (let i = begin; i < end; i++) {
    const row = rows[i]!;
    const itsBin = bins[row]!;
    const goesLeft = itsBin <= bin || itsBin === missingBin ? 1 : 0;
    // Both are written and one counts: no branch to mispredict.
    rows[left] = row;
    spare[right] = row;
    left += goesLeft;
    right += 1 - goesLeft;
  }
  rows.set(spare.subarray(0, right), left);
  return left;
}
