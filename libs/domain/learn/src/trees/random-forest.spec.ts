import { seededUniforms } from '#domain/statistics';
import { rawOutputs } from '#domain/trained-model';
import { trainTrees } from './train-trees.js';
import type { TreeOptions } from './tree-options.js';

const ROWS = 600;
const uniform = seededUniforms(11);
const columns = Array.from({ length: 4 }, () => Float32Array.from({ length: ROWS }, uniform));
const classOf = (row: number) => (columns[0]![row]! > 0.6 ? 2 : columns[1]![row]! > 0.5 ? 1 : 0);
const classes = Float64Array.from({ length: ROWS }, (_, row) =>
  uniform() < 0.15 ? Math.floor(uniform() * 3) : classOf(row),
);
const binary = classes.map((label) => (label === 2 ? 1 : 0));
const forest = { boosting: 'forest', trees: 20, leaves: 32, maxBins: 64 } as const;

const outputsOf = (labels: Float64Array, options: TreeOptions) => {
  const { ensemble } = trainTrees({ columns, labels }, options);
  return rawOutputs({ model: ensemble, outputs: ensemble.base.length }, { rows: ROWS, columns });
};

describe('a random forest', () => {
  it('gives the share of positives of each leaf, over the number of trees', () => {
    const options = { ...forest, objective: 'binary', rowShare: 0.5 } as const;
    const { ensemble } = trainTrees({ columns, labels: binary }, options);
    expect(ensemble).toMatchObject({ base: [0], link: 'identity' });
    for (const { feature, value, cover } of ensemble.trees) {
      expect(cover[0]).toBe(ROWS / 2);
      for (const [node, column] of feature.entries()) {
        if (column >= 0) continue;
        const positives = value[node]! * 20 * cover[node]!;
        expect(positives).toBeCloseTo(Math.round(positives), 9);
        expect(positives).toBeLessThan(cover[node]! + 0.5);
      }
    }
  });

  it('gives probabilities that sum up to 1, highest of the right class', () => {
    const shares = outputsOf(classes, { ...forest, objective: 'multiclass', classes: 3 });
    let right = 0;
    for (let row = 0; row < ROWS; row++) {
      const own = shares.subarray(3 * row, 3 * row + 3);
      expect(own[0]! + own[1]! + own[2]!).toBeCloseTo(1, 12);
      if (own.indexOf(Math.max(...own)) === classOf(row)) right++;
    }
    expect(right / ROWS).toBeGreaterThan(0.95);
  });

  it('of two classes is the forest of zeros and ones', () => {
    // As many leaves and columns as there may be: which of two equal leaves is split first is then of no matter.
    const options = { ...forest, leaves: 500, columnShare: 1, seed: 4 };
    const shares = outputsOf(binary, { ...options, objective: 'multiclass', classes: 2 });
    const outputs = outputsOf(binary, { ...options, objective: 'binary' });
    for (const [row, value] of outputs.entries()) expect(shares[2 * row + 1]).toBeCloseTo(value, 12);
  });

  it('of numbers gives the mean of its leaves, around the mean of all', () => {
    const labels = Float64Array.from({ length: ROWS }, (_, row) => 1e6 + columns[0]![row]! * 10);
    const { ensemble } = trainTrees({ columns, labels }, { ...forest, objective: 'regression', columnShare: 1 });
    expect(ensemble.base[0]).toBeCloseTo(labels.reduce((sum, label) => sum + label, 0) / ROWS, 6);
    const outputs = rawOutputs({ model: ensemble, outputs: 1 }, { rows: ROWS, columns });
    const error = labels.reduce((sum, label, row) => sum + Math.abs(label - outputs[row]!), 0) / ROWS;
    expect(error).toBeLessThan(0.2);
  });

  it('is the same for the same seed, another for another', () => {
    const options = { ...forest, objective: 'multiclass', classes: 3 } as const;
    expect(outputsOf(classes, options)).toEqual(outputsOf(classes, options));
    expect(outputsOf(classes, { ...options, seed: 1 })).not.toEqual(outputsOf(classes, options));
  });

  it('that is cancelled is the mean of the trees so far', () => {
    const options = { ...forest, objective: 'binary' } as const;
    const cancelled = trainTrees({ columns, labels: binary }, options, { onRound: ({ round }) => round < 4 });
    expect(cancelled.ensemble).toEqual(trainTrees({ columns, labels: binary }, { ...options, trees: 4 }).ensemble);
  });
});
