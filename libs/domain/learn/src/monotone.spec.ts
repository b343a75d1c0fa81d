import { MODEL_METADATA } from '#contracts';
import { seededUniforms } from '#domain/statistics';
import { encodeColumns, rawOutputs, scoresOf, type FeatureType, type TrainedModel } from '#domain/trained-model';
import { trainModel } from './train-model.js';
import { trainingPlanOf } from './training-plan-of.js';
import type { TrainingPlan } from './training-plan.js';
import { trainingRowsOf } from './training-rows.js';

const FEATURES: readonly FeatureType[] = [
  { name: 'amount', type: 'number' },
  { name: 'age', type: 'number' },
  { name: 'shop', type: 'string' },
];
const SHOPS = ['a', 'b', 'c'];

/** Rises with the amount and falls with the age on the whole, and the other way for a while; one in ten has no amount. */
function wavy(task: TrainingPlan['task']) {
  const uniform = seededUniforms(11);
  const rows = Array.from({ length: 1_500 }, () => {
    const [amount, age, shop] = [uniform() * 10, uniform() * 10, SHOPS[Math.floor(uniform() * 3)]!];
    const value = amount + 3 * Math.sin(2 * amount) - age + 3 * Math.sin(2 * age) + (shop === 'a' ? 2 : 0) + uniform();
    const label = task === 'regression' ? value : Number(value > 0);
    return { row: [uniform() < 0.1 ? null : amount, age, shop], label };
  });
  return trainingRowsOf(
    FEATURES,
    rows.map(({ row }) => row),
    rows.map(({ label }) => label),
  );
}

const MONOTONE = { amount: 'increasing', age: 'decreasing' } as const;

function planOf(task: TrainingPlan['task'], changes: Partial<TrainingPlan> = {}): TrainingPlan {
  const plan = trainingPlanOf({ name: 'p', model: { task, threshold: 0.5 } });
  return { ...plan, parameters: { trees: 40, minRowsPerLeaf: 5 }, monotone: MONOTONE, ...changes };
}

/** How often the score goes the wrong way along a feature, at many values of the others. */
function wrongSteps(model: TrainedModel, along: 'amount' | 'age'): number {
  const uniform = seededUniforms(12);
  let wrong = 0;
  for (let place = 0; place < 30; place++) {
    const other = uniform() * 10;
    const grid = Array.from({ length: 200 }, (_, step) => step / 20);
    const shop = SHOPS[place % 3]!;
    const columns = [
      Float32Array.from(grid, (value) => (along === 'amount' ? value : other)),
      Float32Array.from(grid, (value) => (along === 'age' ? value : other)),
      grid.map(() => shop),
    ];
    const scores = scoresOf(model, rawOutputs(model, encodeColumns(model.inputs, columns, grid.length)));
    const sign = MONOTONE[along] === 'increasing' ? 1 : -1;
    wrong += grid.filter((_, step) => step > 0 && sign * (scores[step]! - scores[step - 1]!) < 0).length;
  }
  return wrong;
}

describe('a score that is bound to go one way with a feature', () => {
  it.each([
    ['gbdt', 'binary-classification', 'isotonic'],
    ['gbdt', 'regression', 'none'],
    ['random-forest', 'binary-classification', 'platt'],
    ['random-forest', 'regression', 'none'],
  ] as const)('does: %s, %s, calibration %s', (trainer, task, calibration) => {
    const rows = wavy(task);
    const bound = trainModel(rows, planOf(task, { trainer, calibration }));
    const free = trainModel(rows, planOf(task, { trainer, calibration, monotone: {} }));
    if (!bound.ok || !free.ok) throw new Error('not trained');
    for (const along of ['amount', 'age'] as const) {
      expect(wrongSteps(bound.model, along)).toBe(0);
      expect(wrongSteps(free.model, along)).toBeGreaterThan(100);
    }
    const metric = task === 'regression' ? 'holdout.r2' : 'holdout.roc_auc';
    expect(bound.metrics[metric]).toBeGreaterThan(task === 'regression' ? 0.6 : 0.85);
    expect(Buffer.from(bound.onnx).includes(JSON.stringify(MONOTONE))).toBe(true);
    expect(Buffer.from(free.onnx).includes(MODEL_METADATA.monotone)).toBe(false);
  });

  it.each<[Partial<TrainingPlan>, string]>([
    [
      { trainer: 'linear', parameters: {} },
      'a bound on which way scores go is of trees (gbdt, random-forest): a linear model goes one way with every number',
    ],
    [
      { task: 'multiclass-classification' },
      'a bound on which way scores go is of one score, and multiclass-classification has one per class',
    ],
    [{ monotone: { amuont: 'increasing' } }, 'scores are bound to go one way with amuont, which is no feature'],
    [
      { monotone: { shop: 'increasing' } },
      'scores cannot go one way with shop: it is a string, which is neither more nor less than another',
    ],
  ])('that cannot be is refused: %j', (changes, message) => {
    const result = trainModel(wavy('binary-classification'), planOf('binary-classification', changes));
    expect(result).toEqual({ ok: false, kind: 'refused', message });
  });
});
