import type { Tree, TreeEnsemble } from '#domain/trained-model';
import { seededUniforms } from '#domain/statistics';
import { finishedTree, importanceOf } from './finished-tree.js';
import { toFixedPoint } from './fixed-point.js';
import { ClassTreeGrower } from './grow-class-tree.js';
import { TreeGrower } from './grow-tree.js';
import { weightedMean } from './tree-objective.js';
import type { CompleteTreeOptions } from './tree-options.js';
import { sampleColumns, sampleWith } from './tree-sampling.js';
import {
  growthOf,
  usefulColumns,
  weightedRows,
  weightsOf,
  type BinnedTreeData,
  type TrainedTrees,
  type TreeHooks,
  type TreeRound,
} from './tree-training.js';

/** Trees of one bootstrap sample, one per output, each leaf the mean (or the class's share) of its rows. */
type GrowRound = (rows: Int32Array, count: number, columns: () => Int32Array) => readonly Tree[];

/**
 * A random forest (Breiman 2001): the outputs are the mean of its trees, which are means (regression, over the base), shares of
 * positives, or shares of each class. Validation rows are not looked at: more trees do no harm.
 */
export function growForest(
  data: BinnedTreeData,
  options: CompleteTreeOptions,
  { onRound }: TreeHooks<BinnedTreeData>,
): TrainedTrees {
  const rows = weightedRows(data);
  const columns = usefulColumns(data.matrix);
  const uniform = seededUniforms(options.seed);
  const columnsOfNode = () => sampleColumns(columns, options.columnShare, uniform);
  const sample = new Int32Array(Math.max(1, Math.round(rows.length * options.rowShare)));
  const { base, growRound } =
    options.objective === 'multiclass'
      ? classRounds(data, options, sample.length)
      : meanRounds(data, options, rows, sample.length);
  const grown: Tree[] = [];
  const history: TreeRound[] = [];
  let ended: TrainedTrees['ended'] = 'all rounds';
  for (let round = 1; round <= options.trees && ended === 'all rounds'; round++) {
    grown.push(...growRound(sample, sampleWith(rows, options.rowShare, uniform, sample), columnsOfNode));
    history.push({ round, validationLoss: null });
    if (onRound?.({ round, validationLoss: null }) === false) ended = 'cancelled';
  }
  const rounds = history.length;
  const trees = grown.map((tree) => ({ ...tree, value: tree.value.map((value) => value / rounds) }));
  const ensemble: TreeEnsemble = { kind: 'trees', base, trees, link: 'identity' };
  const importance = importanceOf(
    trees.filter(({ output }) => output === 0), // trees of one round split alike
    data.matrix.columns.length,
  );
  return { ensemble, rounds, bestRound: rounds, ended, history, importance };
}

interface Rounds {
  readonly base: readonly number[];
  readonly growRound: GrowRound;
}

/** Binary and regression: the squared error of the labels, which of zeros and ones is the Gini impurity. */
function meanRounds(data: BinnedTreeData, options: CompleteTreeOptions, rows: Int32Array, capacity: number): Rounds {
  const { matrix, labels } = data;
  const weights = weightsOf(data, options);
  // Far from 0, squares of labels would drown what they differ by.
  const base = options.objective === 'regression' ? weightedMean(rows, labels, weights) : 0;
  const grower = new TreeGrower(matrix, growthOf(options), capacity);
  const gradients = labels.map((label, row) => (base - label) * (weights?.[row] ?? 1));
  const hessians = labels.map((_, row) => weights?.[row] ?? 1);
  return {
    base: [base],
    growRound: (sample, count, ofNode) => {
      const scale = toFixedPoint(sample, count, gradients, hessians);
      const tree = grower.grow(sample, count, gradients, hessians, scale, { ofTree: new Int32Array(), ofNode });
      return [finishedTree(tree, matrix, 0, 1, sample, weights)];
    },
  };
}

/** Multiclass: the same tree once per class. */
function classRounds(data: BinnedTreeData, options: CompleteTreeOptions, capacity: number): Rounds {
  const { matrix, labels } = data;
  const { classes } = options;
  const weights = weightsOf(data, options);
  const grower = new ClassTreeGrower(matrix, growthOf(options), classes, labels, weights, capacity);
  const outputs = Array.from({ length: classes }, (_, output) => output);
  return {
    base: outputs.map(() => 0),
    growRound: (sample, count, columnsOfNode) => {
      const tree = grower.grow(sample, count, columnsOfNode);
      const whole = finishedTree(tree, matrix, 0, 1, sample, weights);
      return outputs.map((output) => ({ ...whole, output, value: grower.sharesOf(output, tree, sample) }));
    },
  };
}
