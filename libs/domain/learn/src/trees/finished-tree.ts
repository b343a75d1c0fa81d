import type { Tree } from '#domain/trained-model';
import type { BinnedMatrix } from './binned-matrix.js';
import type { GrownTree } from './grown-tree.js';

/** Above every finite float32 but the largest: parts the missing from all values, also those above any that was trained on. */
const ALL_VALUES = 3.4028234663852886e38;

/**
 * A tree as the model has it: thresholds for bins, values times `factor`, and each node's cover.
 * @param rows as the tree was grown on, in the order that growing left them in
 */
export function finishedTree(
  grown: GrownTree,
  { columns }: BinnedMatrix,
  output: number,
  factor: number,
  rows: Int32Array,
  weights: Float64Array | null,
): Tree {
  const { feature, bin, missingLeft, left, right, value, gain } = grown;
  return {
    output,
    feature,
    threshold: feature.map((column, node) =>
      column < 0 ? 0 : (columns[column]!.thresholds[bin[node]!] ?? ALL_VALUES),
    ),
    ...{ missingLeft, left, right },
    value: value.map((one, node) => (feature[node]! < 0 ? factor * one : 0)),
    cover: coverOf(grown, rows, weights),
    gain,
  };
}

/** Weight of the rows that reached each node: counted at the leaves, summed up towards the root. */
function coverOf(
  { feature, left, right, begin, end }: GrownTree,
  rows: Int32Array,
  weights: Float64Array | null,
): number[] {
  const cover = feature.map(() => 0);
  for (let node = feature.length - 1; node >= 0; node--) {
    if (feature[node]! >= 0) cover[node] = cover[left[node]!]! + cover[right[node]!]!;
    else if (weights === null) cover[node] = end[node]! - begin[node]!;
    else for (let i = begin[node]!; i < end[node]!; i++) cover[node]! += weights[rows[i]!]!;
  }
  return cover;
}

/** Per column: sum of the gains of its splits, and their number. */
export function importanceOf(
  trees: readonly Tree[],
  columns: number,
): { readonly gain: readonly number[]; readonly splits: readonly number[] } {
  const gain = new Array<number>(columns).fill(0);
  const splits = new Array<number>(columns).fill(0);
  for (const tree of trees) {
    for (const [node, column] of tree.feature.entries()) {
      if (column < 0) continue;
      gain[column]! += tree.gain[node]!;
      splits[column]!++;
    }
  }
  return { gain, splits };
}
