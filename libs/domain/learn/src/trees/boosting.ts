import type { Tree } from '#domain/trained-model';
import { seededUniforms } from '#domain/statistics';
import { addTree } from './binned-prediction.js';
import { finishedTree, importanceOf } from './finished-tree.js';
import { toFixedPoint } from './fixed-point.js';
import { TreeGrower } from './grow-tree.js';
import type { GrownTree } from './grown-tree.js';
import { boostingObjective, meanLoss, type Slopes } from './tree-objective.js';
import type { CompleteTreeOptions } from './tree-options.js';
import { sampleColumns, sampleWithout } from './tree-sampling.js';
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

/** Gradient boosting (Friedman 2001) with second-order leaf values (Chen & Guestrin 2016). */
export function boostTrees(
  data: BinnedTreeData,
  options: CompleteTreeOptions,
  { onRound, validation }: TreeHooks<BinnedTreeData>,
): TrainedTrees {
  const { matrix, labels } = data;
  const { learningRate, earlyStoppingRounds } = options;
  const rows = weightedRows(data);
  const weights = weightsOf(data, options);
  const objective = boostingObjective(options, rows, labels, weights);
  const grower = new TreeGrower(matrix, growthOf(options), rows.length);
  const columns = usefulColumns(matrix);
  const uniform = seededUniforms(options.seed);
  const slopes: Slopes = {
    gradients: objective.base.map(() => new Float64Array(matrix.rows)),
    hessians: objective.base.map(() => new Float64Array(matrix.rows)),
  };
  const raw = objective.base.map((base) => new Float64Array(matrix.rows).fill(base));
  const held = validation && {
    ...validation,
    weights: weightsOf(validation, options),
    raw: objective.base.map((base) => new Float64Array(validation.matrix.rows).fill(base)),
  };
  const bag = new Int32Array(rows.length);
  const inBag = new Int32Array(rows.length);
  const trees: Tree[] = [];
  const history: TreeRound[] = [];
  let best = { round: 0, loss: Infinity };
  let ended: TrainedTrees['ended'] = 'all rounds';

  for (let round = 1; round <= options.trees && ended === 'all rounds'; round++) {
    const count = sampleWithout(rows, options.rowShare, uniform, bag);
    objective.slopes(raw, bag, count, slopes);
    for (const [output, gradients] of slopes.gradients.entries()) {
      const hessians = slopes.hessians[output]!;
      inBag.set(bag); // growing orders the rows by leaf
      const scale = toFixedPoint(inBag, count, gradients, hessians);
      const ofTree = sampleColumns(columns, options.columnShare, uniform);
      const grown = grower.grow(inBag, count, gradients, hessians, scale, { ofTree });
      if (count === rows.length) addLeaves(raw[output]!, grown, inBag, learningRate);
      else addTree(raw[output]!, grown, matrix, rows, learningRate);
      if (held) addTree(held.raw[output]!, grown, held.matrix, held.rows, learningRate);
      trees.push(finishedTree(grown, matrix, output, learningRate, inBag, weights));
    }
    const validationLoss = held ? meanLoss(options, held.raw, held.rows, held.labels, held.weights) : null;
    history.push({ round, validationLoss });
    if (validationLoss !== null && validationLoss < best.loss) best = { round, loss: validationLoss };
    if (earlyStoppingRounds > 0 && held && round - best.round >= earlyStoppingRounds) ended = 'no better';
    if (onRound?.({ round, validationLoss }) === false) ended = 'cancelled';
  }

  const bestRound = earlyStoppingRounds > 0 && held ? best.round : history.length;
  const kept = trees.slice(0, bestRound * objective.outputs);
  return {
    ensemble: { kind: 'trees', base: objective.base, trees: kept, link: objective.link },
    ...{ rounds: history.length, bestRound, ended, history },
    importance: importanceOf(kept, matrix.columns.length),
  };
}

/** As `addTree`, for the rows that the tree was grown on: they lie by leaf. */
function addLeaves(
  raw: Float64Array,
  { feature, begin, end, value }: GrownTree,
  rows: Int32Array,
  factor: number,
): void {
  for (let node = 0; node < feature.length; node++) {
    if (feature[node]! >= 0) continue;
    const added = factor * value[node]!;
    for (let i = begin[node]!; i < end[node]!; i++) raw[rows[i]!]! += added;
  }
}
