import type { ModelVersion } from '#contracts';
import type { TrainedModel } from '#domain/trained-model';
import { mostImportant, openExplainer, Unexplainable, type ExplanationSources, type Scorer } from './index.js';

const VERSION: ModelVersion = {
  kind: 'version',
  pipeline: 'prices',
  version: '3',
  task: 'regression',
  sha256: 'ab',
  artifactUri: 'file:///models/ab',
  sizeBytes: 1,
  features: ['demand', 'hour'],
  input: { kind: 'matrix', input: 'x', type: 'float32', columns: 2 },
  output: { output: 'y', width: 1, scoreColumn: 0 },
  registeredAt: '2026-01-01T00:00:00Z',
  registeredBy: 'test',
  description: '',
  metadata: {},
};
const EXPLAINER = { artifactUri: 'file:///models/explainer', sha256: 'cd' };
const REFERENCE = { artifactUri: 'file:///models/reference', sha256: 'ef', rows: 2, calibration: null };
const TRAINED: TrainedModel = {
  task: 'regression',
  outputs: 1,
  inputs: [
    { kind: 'number', name: 'demand' },
    { kind: 'number', name: 'hour' },
  ],
  model: {
    kind: 'linear',
    means: [1, 0],
    scales: [1, 1],
    imputed: [1, 0],
    weights: [[2, 10]],
    intercepts: [5],
    link: 'identity',
  },
  calibration: null,
};

/** demand · 2 + hour · 10 + 3, as TRAINED has it. */
const scorer = (over: Partial<Awaited<ReturnType<Scorer['score']>>> = {}): Scorer => ({
  score: async (rows) => ({
    scores: rows.map(([demand, hour]) => 3 + 2 * Number(demand) + 10 * Number(hour)),
    classScores: null,
    problems: new Map(),
    ...over,
  }),
  release: async () => undefined,
});
const sources = (over: Partial<ExplanationSources> = {}): ExplanationSources => ({
  explainer: async () => JSON.stringify(TRAINED),
  referenceRows: async () => [
    { demand: 0, hour: 0 },
    { hour: 1, demand: 2 },
  ],
  scorer: async () => scorer(),
  ...over,
});
const PREDICTION = { event_id: 'e-1', features: { hour: 2, demand: 4 }, score: 31, decision: '' };

describe('explaining predictions of a version', () => {
  it('asks its trained model where it came with one', async () => {
    const explainer = await openExplainer({ ...VERSION, explainer: EXPLAINER, reference: REFERENCE }, sources());
    expect(await explainer.explain(PREDICTION)).toEqual({
      method: 'linear_shap',
      unit: 'value',
      base: 5,
      output: 31,
      score: 31,
      contributions: [
        { feature: 'demand', contribution: 6 },
        { feature: 'hour', contribution: 20 },
      ],
    });
  });

  it('asks the model itself where there are only rows to hold the event against', async () => {
    const explainer = await openExplainer({ ...VERSION, reference: REFERENCE }, sources());
    expect(await explainer.explain(PREDICTION)).toEqual({
      method: 'sampling_shap',
      unit: 'value',
      base: 10,
      output: 31,
      score: 31,
      contributions: [
        { feature: 'demand', contribution: 6 },
        { feature: 'hour', contribution: 15 },
      ],
    });
  });

  it('explains the probability of the class that was decided', async () => {
    const classes: Scorer = {
      ...scorer(),
      score: async (rows) => ({
        scores: rows.map(() => 0.9),
        classScores: rows.flatMap(([demand]) => [0.9, Number(demand) / 100, 0.1]),
        problems: new Map(),
      }),
    };
    const version: ModelVersion = { ...VERSION, task: 'multiclass-classification', reference: REFERENCE };
    const explainer = await openExplainer(version, sources({ scorer: async () => classes }));
    const { unit, output, contributions } = await explainer.explain({ ...PREDICTION, score: 0.9, decision: '1' });
    expect({ unit, output }).toEqual({ unit: 'probability', output: 0.04 });
    expect(contributions[0]!.contribution).toBeCloseTo(0.03, 12);
    expect(contributions[1]).toEqual({ feature: 'hour', contribution: 0 });
  });

  it.each<[string, Partial<ModelVersion>, Partial<ExplanationSources>, string]>([
    ['it came with nothing', {}, {}, 'register it again with --reference'],
    [
      'its explainer is none',
      { explainer: EXPLAINER },
      { explainer: async () => '{}' },
      'does not: it is no trained model',
    ],
    ['its reference is empty', { reference: REFERENCE }, { referenceRows: async () => [] }, 'has no rows'],
    ['its reference lacks a feature', { reference: REFERENCE }, { referenceRows: async () => [{ hour: 1 }] }, 'takes the feature demand'], // prettier-ignore
  ])('is given up where %s', async (_, over, having, message) => {
    const opening = openExplainer({ ...VERSION, ...over }, sources(having));
    await expect(opening).rejects.toThrow(Unexplainable);
    await expect(opening).rejects.toThrow(message);
  });

  it.each([
    ['lacks a feature of the version', { ...PREDICTION, features: { hour: 2 } }, 'takes the feature demand'],
    ['has a feature of another type', { ...PREDICTION, features: { hour: 'noon', demand: 4 } }, 'hour'],
    ['was served another score', { ...PREDICTION, score: 30 }, 'gives the event 31, it was served 30'],
  ])('gives up a prediction that %s', async (_, prediction, message) => {
    const explainer = await openExplainer({ ...VERSION, explainer: EXPLAINER }, sources());
    const explaining = explainer.explain(prediction as typeof PREDICTION);
    await expect(explaining).rejects.toThrow(Unexplainable);
    await expect(explaining).rejects.toThrow(message);
  });

  it('gives up a prediction where the model refuses what lies between it and the reference', async () => {
    const refusing = sources({ scorer: async () => scorer({ problems: new Map([[4, 'hour is too late']]) }) });
    const explainer = await openExplainer({ ...VERSION, reference: REFERENCE }, refusing);
    await expect(explainer.explain(PREDICTION)).rejects.toThrow('hour is too late');
  });
});

describe('mostImportant', () => {
  it('takes the largest contributions, whichever way', () => {
    const all = [{ contribution: 0.5 }, { contribution: -2 }, { contribution: 0 }, { contribution: 1 }];
    expect(mostImportant(all, 2)).toEqual([{ contribution: -2 }, { contribution: 1 }]);
  });
});
