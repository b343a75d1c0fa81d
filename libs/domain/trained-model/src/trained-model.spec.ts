import fc from 'fast-check';
import {
  columnNames,
  encodeInputs,
  modelFromJson,
  modelToJson,
  rawOutputs,
  scoreRows,
  scoresOf,
  TrainedModelUnreadable,
  type TrainedModel,
} from './index.js';

/** amount <= 10 ? −1 : (country in order <= 0.5 ? 0.5 : 2), missing amounts to the right, missing countries to the left. */
const TREES: TrainedModel = {
  task: 'binary-classification',
  outputs: 1,
  inputs: [
    { kind: 'number', name: 'amount' },
    { kind: 'ordinal', name: 'country', levels: ['au', 'nz'], values: [0.25, 0.75] },
  ],
  model: {
    kind: 'trees',
    base: [0.125],
    trees: [
      {
        output: 0,
        feature: [0, -1, 1, -1, -1],
        threshold: [10, 0, 0.5, 0, 0],
        missingLeft: [0, 0, 1, 0, 0],
        left: [1, 0, 3, 0, 0],
        right: [2, 0, 4, 0, 0],
        value: [0, -1, 0, 0.5, 2],
        cover: [100, 60, 40, 30, 10],
        gain: [5, 0, 3, 0, 0],
      },
    ],
    link: 'logistic',
  },
  calibration: { scores: [0.2, 0.6], probabilities: [0.1, 0.9] },
};

const LINEAR: TrainedModel = {
  task: 'multiclass-classification',
  outputs: 2,
  inputs: [
    { kind: 'number', name: 'amount' },
    { kind: 'one_hot', name: 'country', levels: ['au', 'nz'] },
  ],
  model: {
    kind: 'linear',
    means: [10, 0, 0],
    scales: [2, 1, 1],
    imputed: [10, 0, 0],
    weights: [
      [1, 2, 3],
      [-1, 0, 0.5],
    ],
    intercepts: [0.5, -0.5],
    link: 'softmax',
  },
  calibration: null,
};

const rawOf = (model: TrainedModel, row: readonly (number | string | null)[]) => [
  ...rawOutputs(model, encodeInputs(model, [row])),
];

describe('encodeInputs', () => {
  it('gives strings their number, unknown and missing ones none', () => {
    const rows = [[1, 'nz'], [null, 'fj'], [0.1, null], [2, '']]; // prettier-ignore
    const { columns } = encodeInputs(TREES, rows);
    expect(columns).toEqual([Float32Array.of(1, NaN, Math.fround(0.1), 2), Float32Array.of(0.75, NaN, NaN, NaN)]);
  });

  it('gives strings a column per level', () => {
    const { columns } = encodeInputs(LINEAR, [[1, 'nz'], [2, 'fj'], [3, null]]); // prettier-ignore
    expect(columns.slice(1)).toEqual([Float32Array.of(0, 0, 0), Float32Array.of(1, 0, 0)]);
    expect(columnNames(LINEAR.inputs)).toEqual(['amount', 'country=au', 'country=nz']);
  });

  it.each([
    [['ten', 'au'], 'amount is the string "ten" in row 0, expected a number'],
    [[10, 3], 'country is the number 3 in row 0, expected a string'],
    [[10], 'row 0 has 1 values for 2 features'],
  ])('refuses %j', (row, message) => {
    expect(() => encodeInputs(TREES, [row])).toThrow(message);
  });
});

describe('rawOutputs', () => {
  it.each([
    [[10, 'au'], -1],
    [[10.000_001, 'au'], 0.5],
    [[null, 'nz'], 2],
    [[11, null], 0.5],
  ])('follows a tree: %j', (row, leaf) => {
    expect(rawOf(TREES, row)).toEqual([leaf + 0.125]);
  });

  it('weighs standardised columns, missing ones as imputed', () => {
    expect(rawOf(LINEAR, [12, 'nz'])).toEqual([0.5 + 1 + 3, -0.5 - 1 + 0.5]);
    expect(rawOf(LINEAR, [null, 'fj'])).toEqual([0.5, -0.5]);
  });
});

describe('scoresOf', () => {
  it('links and calibrates', () => {
    const [score] = scoreRows({ ...TREES, calibration: null }, [[10, 'au']]);
    expect(score).toBeCloseTo(1 / (1 + Math.exp(0.875)), 15);
    expect(scoreRows(TREES, [[10, 'au']])[0]).toBeCloseTo(0.1 + ((score! - 0.2) / 0.4) * 0.8, 15);
    // 1 / (1 + e^−2.125) lies beyond the curve.
    expect([...scoreRows(TREES, [[11, 'nz']])]).toEqual([0.9]);
  });

  it('gives the probabilities of all classes, however large the raw outputs', () => {
    const shares = scoresOf(LINEAR, Float64Array.of(1_000, 1_000, -5_000, 5_000));
    expect([...shares]).toEqual([0.5, 0.5, 0, 1]);
  });

  it('keeps shares of a forest within 0 and 1', () => {
    const forest: TrainedModel = { ...TREES, model: { ...TREES.model, link: 'identity' } as never, calibration: null };
    expect([...scoresOf(forest, Float64Array.of(-1e-9, 1 + 1e-9, 0.25))]).toEqual([0, 1, 0.25]);
  });
});

describe('the JSON of a model', () => {
  it('gives the model back', () => {
    for (const model of [TREES, LINEAR]) expect(modelFromJson(modelToJson(model))).toEqual(model);
  });

  it('holds finite numbers only', () => {
    expect(() => modelToJson({ ...LINEAR, model: { ...LINEAR.model, intercepts: [NaN, 0] } as never })).toThrow(
      RangeError,
    );
  });

  const withTree = (change: object) => ({
    ...TREES,
    model: { ...TREES.model, trees: [{ ...(TREES.model.kind === 'trees' && TREES.model.trees[0]), ...change }] },
  });
  it.each([
    ['{', /^it is not JSON/],
    ['[]', /^it is no trained model/],
    [JSON.stringify({ ...TREES, task: 'clustering' }), /^it is no trained model: task/],
    [JSON.stringify({ ...TREES, outputs: 2 }), /has 2 outputs, a binary-classification has one/],
    [JSON.stringify({ ...LINEAR, outputs: 3 }), /weights are not those of 3 columns and 3 outputs/],
    [JSON.stringify(withTree({ left: [0, 0, 3, 0, 0] })), /tree 0 has nodes, columns or outputs/],
    [JSON.stringify(withTree({ right: [9, 0, 4, 0, 0] })), /tree 0 has nodes, columns or outputs/],
    [JSON.stringify(withTree({ feature: [2, -1, 1, -1, -1] })), /tree 0 has nodes, columns or outputs/],
    [JSON.stringify(withTree({ output: 1 })), /tree 0 has nodes, columns or outputs/],
    [JSON.stringify({ ...TREES, calibration: { scores: [0.5, 0.5], probabilities: [0, 1] } }), /is no curve/],
    [JSON.stringify({ ...TREES, inputs: [{ kind: 'ordinal', name: 'c', levels: ['a'], values: [] }] }), /c has 0 values for 1 levels/], // prettier-ignore
  ])('is refused where it is none: %s', (json, message) => {
    expect(() => modelFromJson(json)).toThrow(TrainedModelUnreadable);
    expect(() => modelFromJson(json)).toThrow(message);
  });

  it('is read, or refused by name, whatever it is', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom('inputs', 'model', 'calibration', 'outputs'), (json, key) => {
        const text = JSON.stringify({ ...TREES, [key]: JSON.parse(json) as unknown });
        try {
          modelFromJson(text);
        } catch (error) {
          expect(error).toBeInstanceOf(TrainedModelUnreadable);
        }
      }),
      { numRuns: 200 },
    );
  });
});
