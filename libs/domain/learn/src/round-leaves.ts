import type { TreeEnsemble } from '#domain/trained-model';

/** A float32 keeps this many bits. */
const FLOAT32_BITS = 24;

/**
 * Rounds the leaves to multiples of a power of two so large that any sum of one leaf per tree is exact in float32. Then an ONNX
 * file, which adds float32, gives what the trainer gives, in whatever order it adds: the same for a row alone, in a batch or on
 * more threads. What it costs: 2⁻²⁴ of the largest sum of leaves there can be, a few millionths of a log-odds.
 */
export function roundLeaves(ensemble: TreeEnsemble): TreeEnsemble {
  const reach = new Float64Array(ensemble.base.length);
  for (const { output, value } of ensemble.trees) {
    let largest = 0;
    for (const leaf of value) largest = Math.max(largest, Math.abs(leaf));
    reach[output] = reach[output]! + largest;
  }
  // One bit to spare: rounding may carry the largest sum over its power of two.
  const grids = Array.from(reach, (sum) => (sum > 0 ? 2 ** (Math.floor(Math.log2(sum)) + 2 - FLOAT32_BITS) : 1));
  return {
    ...ensemble,
    trees: ensemble.trees.map((tree) => {
      const grid = grids[tree.output]!;
      return { ...tree, value: tree.value.map((leaf) => Math.round(leaf / grid) * grid + 0) };
    }),
  };
}
