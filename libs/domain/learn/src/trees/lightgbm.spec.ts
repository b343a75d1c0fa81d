import { readFileSync } from 'node:fs';
import { seededUniforms } from '#domain/statistics';
import { rawOutputs } from '#domain/trained-model';
import { rocAuc } from '../metrics-of.js';
import { trainTrees } from './train-trees.js';
import type { TreeOptions } from './tree-options.js';
import type { TreeData } from './tree-problem.js';

interface Case {
  readonly raw: readonly (readonly number[])[];
  readonly gain: readonly number[];
  readonly splits: readonly number[];
}

const fixture = JSON.parse(readFileSync(new URL('../../fixtures/trees.golden.json', import.meta.url), 'utf8')) as {
  readonly labels: { readonly median: number; readonly thirds: readonly [number, number] };
  readonly cases: Readonly<Record<string, Case>>;
  readonly monotoneSquaredError: number;
  readonly rocAuc: number;
};

// What follows is made in the same way by tools/reference/trees.py.
const ROWS = 2000;
const WIDTH = 6;
const AUC_WIDTH = 8;

function fewValues(): { readonly columns: Float32Array[]; readonly signal: Float64Array } {
  const uniform = seededUniforms(1);
  const columns = Array.from({ length: WIDTH }, () => new Float32Array(ROWS));
  const signal = new Float64Array(ROWS);
  for (let row = 0; row < ROWS; row++) {
    const x = columns.map((values, column) => (values[row] = Math.floor(uniform() * 8 * (column + 1)) / 4));
    signal[row] = x[0]! + (x[1]! > 2 ? 2 : 0) + (x[2]! * x[3]!) / 8 + 2 * uniform();
    for (const column of [1, 4]) {
      if (uniform() >= 0.1) continue;
      columns[column]![row] = NaN;
      signal[row] = signal[row]! + 1;
    }
  }
  return { columns, signal };
}

function manyValues(rows: number, uniform: () => number) {
  const columns = Array.from({ length: AUC_WIDTH }, () => new Float32Array(rows));
  const labels = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const x = columns.map((values) => Math.fround((values[row] = uniform())));
    const signal = x[0]! + (x[1]! > 0.7 ? 0.5 : 0) + x[2]! * x[3]! + x[4]! * x[4]!;
    labels[row] = signal + uniform() > 2 ? 1 : 0;
  }
  return { columns, labels };
}

const { columns, signal } = fewValues();
const binary = signal.map((value) => (value > fixture.labels.median ? 1 : 0));
const thirds = signal.map((value) => fixture.labels.thirds.filter((edge) => value >= edge).length);
const weights = signal.map((_, row) => (row % 3 === 0 ? 2 : 0.5));
const growth = { trees: 20, leaves: 15, learningRate: 0.1, lambda: 1, minRowsPerLeaf: 1, minHessian: 5, maxBins: 255 };

const cases: readonly (readonly [string, Omit<TreeData, 'columns'>, TreeOptions])[] = [
  ['binary', { labels: binary }, { objective: 'binary' }],
  ['weighted', { labels: binary, weights }, { objective: 'binary' }],
  ['multiclass', { labels: thirds }, { objective: 'multiclass', classes: 3 }],
  ['regression', { labels: signal }, { objective: 'regression' }],
];

describe('boosted trees', () => {
  it.each(cases)('are those of LightGBM: %s', (name, data, options) => {
    const { ensemble, importance } = trainTrees({ columns, ...data }, { ...growth, ...options });
    const expected = fixture.cases[name]!;
    expect(importance.splits).toEqual(expected.splits);
    const outputs = ensemble.base.length;
    const raw = rawOutputs({ model: ensemble, outputs }, { rows: ROWS, columns });
    for (const [row, values] of expected.raw.entries()) {
      // LightGBM holds gradients and leaf values' sums in float32.
      for (const [output, value] of values.entries())
        expect(Math.abs(raw[row * outputs + output]! - value)).toBeLessThan(1e-5);
    }
    // Its gain is twice the loss.
    for (const [column, gain] of expected.gain.entries())
      expect(Math.abs(2 * importance.gain[column]! - gain)).toBeLessThan(1e-4 * gain + 1e-3);
  });

  it('fit within monotone constraints as well as LightGBM does', () => {
    const options = { ...growth, objective: 'regression', monotone: [1, 0, -1, 0, 0, 0] } as const;
    const { ensemble } = trainTrees({ columns, labels: signal }, options);
    const raw = rawOutputs({ model: ensemble, outputs: 1 }, { rows: ROWS, columns });
    const squaredError = signal.reduce((sum, value, row) => sum + (raw[row]! - value) ** 2, 0) / ROWS;
    // It weighs a node that is itself bounded a little otherwise, so that single splits differ.
    expect(squaredError / fixture.monotoneSquaredError).toBeLessThan(1.01);
  });

  it('rank unseen rows as well as LightGBM does', () => {
    const uniform = seededUniforms(2);
    const training = manyValues(8_000, uniform);
    const test = manyValues(20_000, uniform);
    const { ensemble } = trainTrees(training, { objective: 'binary', maxBins: 255 });
    const auc = rocAuc(
      rawOutputs({ model: ensemble, outputs: 1 }, { rows: 20_000, columns: test.columns }),
      test.labels,
    );
    expect(Math.abs(auc - fixture.rocAuc)).toBeLessThan(0.002);
  });
});
