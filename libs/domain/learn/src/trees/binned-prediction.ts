import type { BinnedMatrix } from './binned-matrix.js';
import type { GrownTree } from './grown-tree.js';

/** Adds `factor` times the value of the leaf that each row falls into to its raw output. */
export function addTree(
  raw: Float64Array,
  { feature, bin, missingLeft, left, right, value }: GrownTree,
  { columns }: BinnedMatrix,
  rows: Int32Array,
  factor: number,
): void {
  const bins = feature.map((column) => columns[Math.max(0, column)]!.bins);
  const missingBin = feature.map((column, node) =>
    column >= 0 && missingLeft[node] === 1 ? columns[column]!.valueBins : -1,
  );
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    let node = 0;
    while (feature[node]! >= 0) {
      const itsBin = bins[node]![row]!;
      node = itsBin <= bin[node]! || itsBin === missingBin[node]! ? left[node]! : right[node]!;
    }
    raw[row]! += factor * value[node]!;
  }
}
