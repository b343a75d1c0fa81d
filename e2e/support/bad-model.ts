import { trainingRowsOf, trainModel } from '#domain/learn';
import { halfHours } from './half-hours.js';
import type { TestPipeline } from './test-pipeline.js';

const ROWS = 800;
/** Both classes must be there to be learnt. */
const NOT_EACH = 400;

/**
 * A model that fits the pipeline, and is all but sure of every half-hour that its price goes up.
 * @param which another number, another model that is as bad: one that is registered again is the same version
 */
export function aBadModel({ applied: { definition } }: Pick<TestPipeline, 'applied'>, which = 0): Uint8Array {
  const { features } = definition;
  const aHalfHour = halfHours('bad');
  const rows = Array.from({ length: ROWS }, (_, n) => {
    const event = aHalfHour(n);
    return features.map(({ name }) => (typeof event[name] === 'number' ? (event[name] as number) : 0));
  });
  const labels = rows.map((_, n) => Number(n % NOT_EACH !== which % NOT_EACH));
  const trained = trainModel(trainingRowsOf(features, rows, labels), {
    pipeline: definition.name,
    task: 'binary-classification',
    threshold: 0.5,
    classes: null,
    trainer: 'linear',
    parameters: {},
    monotone: {},
    search: null,
    metric: null,
    holdout: 0,
    folds: 0,
    calibration: 'none',
    seed: 1,
    metadata: {},
  });
  if (!trained.ok) throw new Error('the bad model could not be trained');
  return trained.onnx;
}
