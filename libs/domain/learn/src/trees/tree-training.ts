import type { TreeEnsemble } from '#domain/trained-model';
import type { BinnedMatrix } from './binned-matrix.js';
import type { Growth } from './grow-tree.js';
import type { CompleteTreeOptions } from './tree-options.js';

/** Rows of a matrix that is binned already, so that folds and a search bin once. */
export interface BinnedTreeData {
  readonly matrix: BinnedMatrix;
  /** Which rows, each once. */
  readonly rows: Int32Array;
  /** By row of the matrix. */
  readonly labels: Float64Array;
  readonly weights?: Float64Array;
}

export interface TreeHooks<Data> {
  /** After each round; false ends the training with the rounds so far. */
  readonly onRound?: (round: TreeRound) => boolean | void;
  /** Rows that no tree is grown on: of early stopping, and of `history`. */
  readonly validation?: Data;
}

export interface TreeRound {
  /** From 1. */
  readonly round: number;
  /** Mean loss of the validation rows after the round: log loss in nats, or squared error; null: there are none. */
  readonly validationLoss: number | null;
}

export interface TrainedTrees {
  readonly ensemble: TreeEnsemble;
  /** Rounds that were grown; the ensemble has those up to `bestRound`. */
  readonly rounds: number;
  /** Of early stopping: the round with the least validation loss; else the last. */
  readonly bestRound: number;
  /** `cancelled`: `onRound` said so. */
  readonly ended: 'all rounds' | 'no better' | 'cancelled';
  readonly history: readonly TreeRound[];
  /** Per column, over the trees of the ensemble: sum of gains, and number of splits. */
  readonly importance: { readonly gain: readonly number[]; readonly splits: readonly number[] };
}

/** Rows that count: those with a weight. */
export function weightedRows({ rows, weights }: BinnedTreeData): Int32Array {
  return weights === undefined ? rows : rows.filter((row) => weights[row]! > 0);
}

/** Weight of each row with its class's; null: 1 each. */
export function weightsOf(
  { labels, weights }: BinnedTreeData,
  { objective, positiveWeight, classWeights }: CompleteTreeOptions,
): Float64Array | null {
  const ofClass = objective === 'binary' ? [1, positiveWeight] : (classWeights ?? []);
  if (ofClass.every((weight) => weight === 1)) return weights ?? null;
  return labels.map((label, row) => ofClass[label]! * (weights === undefined ? 1 : weights[row]!));
}

/** Columns that can part rows at all. */
export function usefulColumns({ columns }: BinnedMatrix): Int32Array {
  const useful = columns.flatMap(({ bins, valueBins }, column) =>
    valueBins > 1 || (valueBins === 1 && bins.includes(valueBins)) ? [column] : [],
  );
  return Int32Array.from(useful);
}

export function growthOf(options: CompleteTreeOptions): Growth {
  const { leaves, maxDepth, minRowsPerLeaf, minHessian, lambda, gamma, monotone } = options;
  const constrained = monotone?.some((direction) => direction !== 0) === true;
  return { leaves, maxDepth, minRowsPerLeaf, minHessian, lambda, gamma, monotone: constrained ? monotone : null };
}
