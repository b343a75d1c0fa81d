import { seededUniforms } from '#domain/statistics';
import { rawOutputs, type TreeEnsemble } from '#domain/trained-model';
import { binColumns } from './binned-matrix.js';
import { allRows, trainBinnedTrees, trainTrees } from './train-trees.js';
import { problemOfTreeData, type TreeData } from './tree-problem.js';

const raw = (model: TreeEnsemble, columns: readonly Float32Array[]) =>
  rawOutputs({ model, outputs: model.base.length }, { columns, rows: columns[0]!.length });

const logOdds = (share: number) => Math.log(share / (1 - share));

/** Rows of four columns, one of them of no meaning and one with missing values. */
function rowsOf(rows: number, seed: number): TreeData {
  const uniform = seededUniforms(seed);
  const columns = Array.from({ length: 4 }, () => Float32Array.from({ length: rows }, uniform));
  const labels = Float64Array.from({ length: rows }, (_, row) => {
    const probability = 0.1 + 0.5 * columns[0]![row]! + (columns[1]![row]! > 0.6 ? 0.3 : 0);
    return uniform() < probability ? 1 : 0;
  });
  for (let row = 0; row < rows; row++) if (labels[row] === 1 && uniform() < 0.2) columns[2]![row] = NaN;
  return { columns, labels };
}

const stump = { trees: 1, leaves: 2, minRowsPerLeaf: 1, minHessian: 0 } as const;

describe('a boosted stump', () => {
  const data = { columns: [Float32Array.of(1, 2, 3, 4)], labels: Float64Array.of(0, 0, 0, 1) };

  it('steps from the log odds by the gradients over the hessians', () => {
    const { ensemble } = trainTrees(data, { ...stump, objective: 'binary', learningRate: 0.5, lambda: 2 });
    expect(ensemble.base).toEqual([logOdds(1 / 4)]);
    const hessian = 3 / 16;
    const left = (-0.5 * 3 * 0.25) / (3 * hessian + 2);
    const right = (0.5 * 0.75) / (hessian + 2);
    const score = (gradient: number, hessian: number) => (0.5 * gradient ** 2) / (hessian + 2);
    const [tree] = ensemble.trees;
    expect(tree).toMatchObject({
      ...{ output: 0, feature: [0, -1, -1], threshold: [3.5, 0, 0], left: [1, 0, 0], right: [2, 0, 0] },
      cover: [4, 3, 1],
    });
    for (const [node, value] of [0, left, right].entries()) expect(tree!.value[node]).toBeCloseTo(value, 12);
    // The gradients of the root sum up to 0.
    expect(tree!.gain[0]).toBeCloseTo(score(0.75, 3 * hessian) + score(0.75, hessian), 12);
    expect(ensemble.link).toBe('logistic');
  });

  it('of regression goes from the mean to the means of its leaves', () => {
    const labels = Float64Array.of(10, 12, 20, 22);
    const { ensemble } = trainTrees(
      { ...data, labels },
      { ...stump, objective: 'regression', learningRate: 1, lambda: 0 },
    );
    expect(ensemble).toMatchObject({ base: [16], link: 'identity' });
    expect(Array.from(raw(ensemble, data.columns))).toEqual([11, 11, 21, 21]);
    expect(ensemble.trees[0]!.gain[0]).toBe(50);
  });

  it('of classes has one tree for each, from the log shares', () => {
    const labels = Float64Array.of(0, 1, 2, 2);
    const options = { ...stump, trees: 4, leaves: 3, lambda: 0.1, learningRate: 1 };
    const { ensemble } = trainTrees({ ...data, labels }, { ...options, objective: 'multiclass', classes: 3 });
    expect(ensemble).toMatchObject({ base: [1 / 4, 1 / 4, 1 / 2].map(Math.log), link: 'softmax' });
    expect(ensemble.trees.map(({ output }) => output)).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]);
    const outputs = raw(ensemble, data.columns);
    for (let row = 0; row < 4; row++) {
      const own = outputs.subarray(3 * row, 3 * row + 3);
      expect(own.indexOf(Math.max(...own))).toBe(labels[row]);
    }
  });
});

describe('missing values', () => {
  const options = { ...stump, objective: 'regression', lambda: 0, learningRate: 1 } as const;

  it.each([
    ['left', 0, [0, 0, 0, 10, 10]],
    ['right', 10, [10, 0, 0, 10, 10]],
  ])('go where the loss is least: %s', (side, label, outputs) => {
    const columns = [Float32Array.of(NaN, 1, 2, 3, 4)];
    const { ensemble } = trainTrees({ columns, labels: Float64Array.of(label, 0, 0, 10, 10) }, options);
    expect(ensemble.trees[0]!.missingLeft[0]).toBe(side === 'left' ? 1 : 0);
    expect(Array.from(raw(ensemble, columns))).toEqual(outputs);
  });

  it('can be parted from all others, also from values greater than any before', () => {
    const columns = [Float32Array.of(NaN, NaN, 1, 2, 3)];
    const { ensemble } = trainTrees({ columns, labels: Float64Array.of(8, 8, 3, 3, 3) }, options);
    const unseen = [Float32Array.of(NaN, -1e30, 2, 1e30)];
    Array.from(raw(ensemble, unseen)).forEach((value, row) => expect(value).toBeCloseTo([8, 3, 3, 3][row]!, 12));
  });

  it('that no training row had go with the larger child', () => {
    const columns = [Float32Array.of(1, 2, 3, 4, 5)];
    const missingLeft = (labels: number[]) =>
      trainTrees({ columns, labels: Float64Array.from(labels) }, options).ensemble.trees[0]!.missingLeft[0];
    expect(missingLeft([1, 1, 1, 1, 5])).toBe(1);
    expect(missingLeft([5, 1, 1, 1, 1])).toBe(0);
  });
});

describe('boosting', () => {
  const data = rowsOf(600, 5);
  const options = { objective: 'binary', trees: 12, leaves: 8 } as const;

  it('gives the same arrays for the same rows and seed, others for another seed', () => {
    const sampled = { ...options, rowShare: 0.7, columnShare: 0.5, seed: 1 };
    const trained = trainTrees(data, sampled);
    expect(trainTrees(data, sampled)).toEqual(trained);
    expect(trainTrees(data, { ...sampled, seed: 2 }).ensemble).not.toEqual(trained.ensemble);
  });

  it('takes a row of weight 2 for two rows, of weight 0 for none', () => {
    const uniform = seededUniforms(8);
    const weights = data.labels.map(() => Math.floor(3 * uniform()));
    const repeated = Array.from(weights).flatMap((weight, row) => new Array<number>(weight).fill(row));
    const copied: TreeData = {
      columns: data.columns.map((column) => Float32Array.from(repeated, (row) => column[row]!)),
      labels: Float64Array.from(repeated, (row) => data.labels[row]!),
    };
    const exact = { ...options, minRowsPerLeaf: 1, minHessian: 2 };
    const weighted = trainTrees({ ...data, weights }, exact).ensemble;
    const plain = trainTrees(copied, exact).ensemble;
    expect(weighted.trees.map(({ feature }) => feature)).toEqual(plain.trees.map(({ feature }) => feature));
    expect(weighted.trees.map(({ cover }) => cover)).toEqual(plain.trees.map(({ cover }) => cover));
    const others = raw(plain, copied.columns);
    Array.from(raw(weighted, copied.columns)).forEach((value, row) => expect(value).toBeCloseTo(others[row]!, 9));
  });

  it('takes the weight of positives for a weight of rows', () => {
    const weights = data.labels.map((label) => (label === 1 ? 3 : 1));
    const weighted = trainTrees({ ...data, weights }, options).ensemble;
    expect(trainTrees(data, { ...options, positiveWeight: 3 }).ensemble).toEqual(weighted);
  });

  it('of some rows of a binned matrix sees no other row', () => {
    const matrix = binColumns(data.columns, 64);
    const rows = allRows(matrix).filter((row) => row % 2 === 0);
    const labels = data.labels.map((label, row) => (row % 2 === 0 ? label : 1 - label));
    const ofSome = trainBinnedTrees({ matrix, rows, labels: data.labels }, options);
    expect(trainBinnedTrees({ matrix, rows, labels }, options)).toEqual(ofSome);
    expect(ofSome.ensemble.trees[0]!.cover[0]).toBe(300);
  });

  it('ends where the validation loss gets no better, and goes back to the best round', () => {
    const trained = trainTrees(
      data,
      { ...options, trees: 200, learningRate: 0.3, earlyStoppingRounds: 5 },
      { validation: rowsOf(300, 6) },
    );
    const losses = trained.history.map(({ validationLoss }) => validationLoss!);
    expect(trained.ended).toBe('no better');
    expect(losses[trained.bestRound - 1]).toBe(Math.min(...losses));
    expect(trained.rounds).toBe(trained.bestRound + 5);
    expect(trained.ensemble.trees).toHaveLength(trained.bestRound);
  });

  it('knows the loss of validation rows as their outputs have it', () => {
    const validation = rowsOf(300, 6);
    const { history, ensemble } = trainTrees(data, options, { validation });
    const outputs = raw(ensemble, validation.columns);
    const loss = validation.labels.reduce((sum, label, row) => {
      const probability = 1 / (1 + Math.exp(-outputs[row]!));
      return sum - Math.log(label === 1 ? probability : 1 - probability);
    }, 0);
    expect(history.at(-1)!.validationLoss).toBeCloseTo(loss / 300, 9);
  });

  it('can be cancelled after a round', () => {
    const trained = trainTrees(data, options, { onRound: ({ round }) => round < 3 });
    expect(trained).toMatchObject({ ended: 'cancelled', rounds: 3, bestRound: 3 });
    expect(trained.ensemble.trees).toEqual(trainTrees(data, { ...options, trees: 3 }).ensemble.trees);
  });

  it('covers every row at each root, and a node its children', () => {
    for (const { feature, cover, left, right } of trainTrees(data, options).ensemble.trees) {
      expect(cover[0]).toBe(600);
      for (const [node, column] of feature.entries())
        if (column >= 0) expect(cover[node]).toBe(cover[left[node]!]! + cover[right[node]!]!);
    }
  });

  it('counts gain and splits per column', () => {
    const { importance, ensemble } = trainTrees(data, options);
    const splits = ensemble.trees.flatMap(({ feature }) => feature).filter((column) => column >= 0);
    expect(importance.splits.reduce((sum, one) => sum + one, 0)).toBe(splits.length);
    expect(importance.gain[0]).toBeGreaterThan(importance.gain[3]!);
  });

  it('passes columns by that say nothing, and grows no tree of nothing else', () => {
    const columns = [new Float32Array(600).fill(7), new Float32Array(600).fill(NaN)];
    const { ensemble } = trainTrees({ ...data, columns }, options);
    expect(ensemble.trees.every(({ feature }) => feature.length === 1)).toBe(true);
  });
});

describe('what cannot be trained on', () => {
  const columns = [Float32Array.of(1, 2, 3)];
  const labels = Float64Array.of(0, 1, 1);
  const binary = { objective: 'binary' } as const;

  it.each([
    ['no features', { columns: [], labels }, binary, 'there are no features to train on'],
    ['no rows', { columns: [new Float32Array()], labels: new Float64Array() }, binary, 'there are no rows to train on'],
    ['lengths', { columns: [Float32Array.of(1)], labels }, binary, 'column 0 has 1 values for 3 labels'],
    ['infinity', { columns: [Float32Array.of(1, Infinity, 2)], labels }, binary, 'column 0 is infinite in row 1'],
    ['one class', { columns, labels: Float64Array.of(1, 1, 1) }, binary, 'all 3 labels are 1: two classes are needed'],
    [
      'one class with a weight',
      { columns, labels, weights: Float64Array.of(0, 1, 1) },
      binary,
      'all 2 labels are 1: two classes are needed',
    ],
    ['labels', { columns, labels: Float64Array.of(0, 2, 1) }, binary, 'the label of row 1 is 2, expected 0 or 1'],
    ['weights', { columns, labels, weights: Float64Array.of(1, NaN, 1) }, binary, 'the weight of row 1 is NaN'],
    ['no weight', { columns, labels, weights: new Float64Array(3) }, binary, 'all weights are 0'],
    [
      'bins',
      { columns, labels },
      { ...binary, maxBins: 5000 },
      'maxBins is 5000, expected a whole number from 2 to 4096',
    ],
    ['classes', { columns, labels }, { objective: 'multiclass' }, 'classes is 0, expected the number of classes'],
    [
      'directions',
      { columns, labels },
      { ...binary, monotone: [1, 0] },
      '2 monotone directions were given for 1 columns',
    ],
  ] as const)('%s', (_, data, options, message) => {
    expect(problemOfTreeData(data, options)).toContain(message);
    expect(() => trainTrees(data, options)).toThrow(message);
  });

  it('is named by the names of the features', () => {
    expect(problemOfTreeData({ columns: [Float32Array.of(1, 2)], labels }, binary, ['amount'])).toContain(
      'amount has 2',
    );
  });
});
