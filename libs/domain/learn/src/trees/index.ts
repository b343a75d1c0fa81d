export { binColumns, binLike, MOST_BINS, type BinnedColumn, type BinnedMatrix } from './binned-matrix.js';
export { allRows, trainBinnedTrees, trainTrees } from './train-trees.js';
export type { TreeOptions } from './tree-options.js';
export { problemOfTreeData, type TreeData } from './tree-problem.js';
export type { BinnedTreeData, TrainedTrees, TreeHooks, TreeRound } from './tree-training.js';
