import type { TrainedModel } from '#domain/trained-model';
import { checkAdditivity, compileExplanation, ExplainerUnreadable, NotAdditive, readTrainedModel } from './index.js';

/** Asks for the demand (column 0), then for the region "vic" (column 2), and for the weekday (column 3). */
const TREES: TrainedModel = {
  task: 'binary-classification',
  outputs: 1,
  inputs: [
    { kind: 'number', name: 'demand' },
    { kind: 'one_hot', name: 'region', levels: ['nsw', 'vic'] },
    { kind: 'ordinal', name: 'weekday', levels: ['mon', 'sun'], values: [0.25, 0.5] },
  ],
  model: {
    kind: 'trees',
    base: [0.5],
    link: 'logistic',
    trees: [
      { output: 0, feature: [0, -1, 2, -1, -1], threshold: [0.5, 0, 0.5, 0, 0], missingLeft: [1, 0, 0, 0, 0], left: [1, 0, 3, 0, 0], right: [2, 0, 4, 0, 0], value: [0, -1, 0, 1, 3], cover: [10, 5, 5, 4, 1], gain: [0, 0, 0, 0, 0] }, // prettier-ignore
      { output: 0, feature: [3, -1, -1], threshold: [0.3, 0, 0], missingLeft: [0, 0, 0], left: [1, 0, 0], right: [2, 0, 0], value: [0, 0.25, -0.75], cover: [10, 5, 5], gain: [0, 0, 0] }, // prettier-ignore
    ],
  },
  calibration: null,
};

const LINEAR: TrainedModel = {
  ...TREES,
  task: 'multiclass-classification',
  outputs: 2,
  inputs: [
    { kind: 'number', name: 'demand' },
    { kind: 'one_hot', name: 'region', levels: ['nsw', 'vic'] },
  ],
  model: {
    kind: 'linear',
    means: [2, 0.5, 0.5],
    scales: [4, 0.5, 0.5],
    imputed: [2, 0, 0],
    weights: [
      [1, 0.5, -0.5],
      [-1, 0, 0],
    ],
    intercepts: [0.25, 0],
    link: 'softmax',
  },
};

describe('the explanation of a model', () => {
  it('says what each feature contributes to the log odds; what a feature became columns for is told together', () => {
    const { base, contributions, ...rest } = compileExplanation(TREES)([0.75, 'vic', 'sun'], null);
    const score = 1 / (1 + Math.exp(-2.75));
    expect(rest).toEqual({ method: 'tree_shap', unit: 'log_odds', output: 2.75, score });
    // Leaves by their rows: 0.5 · −1 + 0.4 · 1 + 0.1 · 3, then 0.5 · 0.25 − 0.5 · 0.75, and the base of 0.5.
    expect(base).toBeCloseTo(0.45, 12);
    // demand alone: 1.4 instead of 0.2; after vic: 3 instead of 1. vic alone: 1 instead of 0.2; after demand: 3 instead of 1.4.
    expect(contributions[0]).toBeCloseTo((1.2 + 2) / 2, 12);
    expect(contributions[1]).toBeCloseTo((0.8 + 1.6) / 2, 12);
    expect(contributions[2]).toBeCloseTo(-0.5, 12);
  });

  it('takes what is missing, or unknown, as the model does', () => {
    const explain = compileExplanation(TREES);
    expect(explain([null, 'qld', null], null).output).toBe(-1.25);
    expect(explain([null, '', 'tue'], null)).toEqual(explain([null, null, null], null));
  });

  it('explains the class that is asked for, or else the one with the largest output', () => {
    const explain = compileExplanation(LINEAR);
    expect(explain([6, 'nsw'], 1)).toEqual({
      method: 'linear_shap',
      unit: 'class_margin',
      base: 0,
      output: -1,
      score: 1 / (1 + Math.exp(-3.25)),
      contributions: [-1, 0],
    });
    const largest = explain([6, 'nsw'], null);
    expect(largest).toMatchObject({ base: 0.25, output: 2.25, contributions: [1, 1] });
    expect(explain([6, 'nsw'], 7)).toEqual(largest);
  });

  it.each([
    ['a value', { ...TREES, task: 'regression' as const }, 'value'],
    ['a probability', TREES, 'probability'],
  ])('without a link says that it explains %s', (_, trained, unit) => {
    if (trained.model.kind !== 'trees') throw new Error('trees are wanted');
    const model = { ...trained, model: { ...trained.model, link: 'identity' as const } };
    expect(compileExplanation(model)([0, 'nsw', 'sun'], null).unit).toBe(unit);
  });

  it('is refused where it does not add up', () => {
    const explanation = {
      method: 'tree_shap',
      unit: 'value',
      base: 1,
      output: 3,
      contributions: [1, 1 + 1e-8],
    } as const;
    expect(() => checkAdditivity(explanation)).toThrow(NotAdditive);
    expect(() => checkAdditivity({ ...explanation, contributions: [1, Number.NaN] })).toThrow(NotAdditive);
    expect(() => checkAdditivity({ ...explanation, contributions: [1, 1 + 1e-11] })).not.toThrow();
  });
});

describe('reading a trained model', () => {
  const names = ['demand', 'region', 'weekday'];

  it('gives what was written', () => {
    expect(readTrainedModel(JSON.stringify(TREES), names)).toEqual(TREES);
    expect(readTrainedModel(JSON.stringify(LINEAR), names.slice(0, 2))).toEqual(LINEAR);
  });

  it.each([
    ['no JSON', '{', names, 'not JSON'],
    ['something else', '{"rows": 1}', names, 'task: '],
    ['another model', JSON.stringify(TREES), ['demand'], 'it explains the features demand, region, weekday'],
    [
      'a model with more outputs than bases',
      JSON.stringify({ ...TREES, outputs: 2 }),
      names,
      'it has 2 outputs, a binary-classification has one',
    ],
    [
      'weights for other columns',
      JSON.stringify({ ...LINEAR, inputs: TREES.inputs }),
      names,
      'weights are not those of',
    ],
    ['a tree that asks for a column that is not there', JSON.stringify(TREES).replace('"feature":[3', '"feature":[4'), names, 'tree 1 has nodes'], // prettier-ignore
    ['a tree that goes on beyond its nodes', JSON.stringify(TREES).replace('"right":[2,0,4', '"right":[2,0,5'), names, 'tree 0 has nodes'], // prettier-ignore
  ])('refuses %s', (_, json, features, message) => {
    const read = () => readTrainedModel(json, features);
    expect(read).toThrow(ExplainerUnreadable);
    expect(read).toThrow(message);
  });
});
