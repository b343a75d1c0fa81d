import { rowWeights, type EncodedSet, type FitJob, type Learner } from './learner.js';
import {
  allRows,
  binColumns,
  binLike,
  trainBinnedTrees,
  type BinnedMatrix,
  type BinnedTreeData,
  type TreeOptions,
} from './trees/index.js';

/** Gradient boosting, or a random forest. Bins are kept with the rows that they were cut for, so that trials cut once. */
export function treeLearner(boosting: 'gbdt' | 'forest'): Learner {
  const bins = new WeakMap<EncodedSet, Map<string, BinnedMatrix>>();
  const kept = (set: EncodedSet, key: string, cut: () => BinnedMatrix): BinnedMatrix => {
    const known = bins.get(set) ?? new Map<string, BinnedMatrix>();
    bins.set(set, known);
    const matrix = known.get(key) ?? cut();
    known.set(key, matrix);
    return matrix;
  };
  return {
    encoding: 'ordinal',
    fit(job) {
      const { training, validation, outputs, parameters } = job;
      const maxBins = Number(parameters['maxBins']);
      const matrix = kept(training, String(maxBins), () => binColumns(training.columns, maxBins));
      const options = optionsOf(job, boosting);
      const stopsEarly = validation !== null && (options.earlyStoppingRounds ?? 0) > 0;
      const trained = trainBinnedTrees(dataOf(training, matrix, rowWeights(training, job)), options, {
        onRound: ({ round }) => job.onRound(round - 1, Number(parameters['trees'])),
        ...(stopsEarly && {
          validation: dataOf(
            validation,
            kept(validation, String(maxBins), () => binLike(matrix, validation.columns)),
            rowWeights(validation, job),
          ),
        }),
      });
      return {
        model: trained.ensemble,
        rounds: stopsEarly ? trained.ensemble.trees.length / outputs : null,
        importance: trained.importance.gain,
        remark: null,
      };
    },
  };
}

function dataOf(set: EncodedSet, matrix: BinnedMatrix, weights: Float64Array | null): BinnedTreeData {
  return { matrix, rows: allRows(matrix), labels: set.labels, ...(weights && { weights }) };
}

const OBJECTIVES = {
  'binary-classification': 'binary',
  'multiclass-classification': 'multiclass',
  regression: 'regression',
} as const;

function optionsOf(
  { task, outputs, parameters, monotone, seed, validation }: FitJob,
  boosting: 'gbdt' | 'forest',
): TreeOptions {
  const own = Object.entries(parameters).filter(
    ([name, value]) =>
      name !== 'classWeights' &&
      name !== 'maxLevels' &&
      // 0 stands for the forest's own choice, which knows how many columns there are.
      !(name === 'columnShare' && value === 0),
  );
  return {
    ...(Object.fromEntries(own) as Partial<TreeOptions>),
    objective: OBJECTIVES[task],
    boosting,
    seed,
    // A feature is one column to trees.
    monotone,
    ...(task === 'multiclass-classification' && { classes: outputs }),
    ...(validation === null && { earlyStoppingRounds: 0 }),
  };
}
