import fc from 'fast-check';
import type { BuiltInTrainer, ModelTask } from '#contracts';
import { modelFromJson, modelToJson, scoreRows, type FeatureRow } from '#domain/trained-model';
import { trainModel } from './train-model.js';
import type { TrainingPlan } from './training-plan.js';
import { trainingRowsOf } from './training-rows.js';

const FEATURES = [
  { name: 'x', type: 'number' },
  { name: 'y', type: 'number' },
  { name: 's', type: 'string' },
] as const;

const number = fc.oneof(fc.constant(null), fc.constantFrom(0, -0, 1, 5e-324, 1e38, -3e38), fc.float({ noNaN: true, noDefaultInfinity: true })); // prettier-ignore
const string = fc.oneof(fc.constantFrom(null, '', 'a', 'b'), fc.string({ maxLength: 3 }));
const row: fc.Arbitrary<FeatureRow> = fc.tuple(number, number, string);

const plan: fc.Arbitrary<TrainingPlan> = fc.record({
  pipeline: fc.constant('p'),
  task: fc.constantFrom<ModelTask>('binary-classification', 'multiclass-classification', 'regression'),
  classes: fc.constantFrom(null, 5),
  threshold: fc.constant(0.5),
  trainer: fc.constantFrom<BuiltInTrainer>('gbdt', 'random-forest', 'linear'),
  parameters: fc.constant({}),
  monotone: fc.oneof(
    { arbitrary: fc.constant({}), weight: 3 },
    fc.constantFrom<TrainingPlan['monotone']>(
      { x: 'increasing', y: 'decreasing' },
      { y: 'decreasing' },
      { s: 'increasing' },
    ),
  ),
  search: fc.constantFrom(null, { method: 'random', trials: 2, space: {} } as const),
  metric: fc.constant(null),
  holdout: fc.constantFrom(0, 0.3, 0.99),
  folds: fc.constantFrom(0, 2, 3),
  calibration: fc.constantFrom('none', 'platt', 'isotonic'),
  seed: fc.integer(),
  metadata: fc.constant({}),
});

describe('trainModel', () => {
  it('makes a model that scores every row, or says why not, whatever the rows', () => {
    const trained = { models: 0, refused: 0 };
    fc.assert(
      fc.property(
        fc.array(fc.tuple(row, fc.integer({ min: 0, max: 2 }), fc.integer()), { maxLength: 40 }),
        plan,
        fc.boolean(),
        (data, given, isTimed) => {
          const rows = data.map(([features]) => features);
          const labels = data.map(([, label]) => (given.task === 'binary-classification' ? label % 2 : label));
          const times = isTimed ? data.map(([, , time]) => time) : null;
          const parameters: TrainingPlan['parameters'] =
            given.trainer === 'linear' ? {} : { trees: 3, minRowsPerLeaf: 2 };
          const result = trainModel(trainingRowsOf(FEATURES, rows, labels, { times }), { ...given, parameters });
          if (!result.ok) {
            trained.refused++;
            expect(result).toEqual({ ok: false, kind: 'refused', message: expect.stringMatching(/\w{3}/) as string });
            return;
          }
          trained.models++;
          const model = modelFromJson(modelToJson(result.model));
          const scores = scoreRows(model, rows);
          expect(scores).toEqual(result.scores);
          expect(scores.every(Number.isFinite)).toBe(true);
          expect(Object.values(result.metrics).every(Number.isFinite)).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
    expect(trained.models).toBeGreaterThan(50);
    expect(trained.refused).toBeGreaterThan(20);
  });
});
