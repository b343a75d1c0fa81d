import { binColumns, binLike, type BinnedMatrix } from './binned-matrix.js';
import { boostTrees } from './boosting.js';
import { growForest } from './random-forest.js';
import { completeTreeOptions, type TreeOptions } from './tree-options.js';
import { problemOfTreeData, type TreeData } from './tree-problem.js';
import type { BinnedTreeData, TrainedTrees, TreeHooks } from './tree-training.js';

/**
 * Trains on columns. The same data, options and seed give the same arrays.
 * @throws RangeError where `problemOfTreeData` finds a problem
 */
export function trainTrees(data: TreeData, options: TreeOptions, hooks: TreeHooks<TreeData> = {}): TrainedTrees {
  const problem = problemOfTreeData(data, options);
  if (problem !== null) throw new RangeError(problem);
  const matrix = binColumns(data.columns, completeTreeOptions(options, data.columns.length).maxBins);
  const { onRound, validation } = hooks;
  return trainBinnedTrees(binned(data, matrix), options, {
    ...(onRound && { onRound }),
    ...(validation && { validation: binned(validation, binLike(matrix, validation.columns)) }),
  });
}

/** Trains on some rows of a binned matrix: data of which `problemOfTreeData` has found nothing wrong. */
export function trainBinnedTrees(
  data: BinnedTreeData,
  options: TreeOptions,
  hooks: TreeHooks<BinnedTreeData> = {},
): TrainedTrees {
  const complete = completeTreeOptions(options, data.matrix.columns.length);
  return complete.boosting === 'forest' ? growForest(data, complete, hooks) : boostTrees(data, complete, hooks);
}

function binned({ labels, weights }: TreeData, matrix: BinnedMatrix): BinnedTreeData {
  return { matrix, rows: allRows(matrix), labels, ...(weights && { weights }) };
}

/** Every row of a matrix. */
export function allRows({ rows }: BinnedMatrix): Int32Array {
  return Int32Array.from({ length: rows }, (_, row) => row);
}
