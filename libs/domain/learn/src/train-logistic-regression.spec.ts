import { InferenceSession, Tensor } from 'onnxruntime-node';
import { MODEL_METADATA } from '#contracts';
import { fitCalibration } from './calibration.js';
import { heldOutScores } from './held-out-scores.js';
import { fitLogisticRegression, predictLogisticRegression } from './logistic-regression.js';
import { trainLogisticRegression } from './train-logistic-regression.js';

const rows = [
  [0, 10],
  [1, null],
  [2, 30],
  [3, 40],
];
const train = (
  given: readonly (readonly (number | string | null)[])[],
  labels: readonly number[],
  names: readonly string[] = ['a', 'b'],
) => trainLogisticRegression(given, labels, names, { pipeline: 'toys' });

describe('trainLogisticRegression', () => {
  it('gives the same file for the same rows', () => {
    const first = train(rows, [0, 0, 1, 1]);
    const second = train(rows, [0, 0, 1, 1]);
    if (!first.ok || !second.ok) throw new Error('not trained');
    expect(first.onnx).toEqual(second.onnx);
    expect(first.metrics).toMatchObject({ rows: 4, positives: 2, accuracy: 1, rocAuc: 1 });
    expect(first.convergence.converged).toBe(true);
  });

  it('exports what it trained: the same probabilities within 1e-6, missing values included', async () => {
    const many = Array.from({ length: 400 }, (_, i) => [
      i % 13 === 0 ? null : Math.sin(i) * 1e4 + 12_345.678_9,
      i % 7 === 0 ? null : Math.cos(i * 7) / 300,
    ]);
    const labels = many.map(([a, b], i) => ((a ?? 0) > 12_000 !== ((b ?? 0) > 0 && i % 3 === 0) ? 1 : 0));
    const trained = train(many, labels);
    if (!trained.ok) throw new Error(trained.message);
    const values = Float64Array.from(many.flat(), (value) => value ?? NaN);
    const { model } = fitLogisticRegression({ columns: 2, values, labels: Uint8Array.from(labels) });
    const expected = predictLogisticRegression(model, values);
    const session = await InferenceSession.create(trained.onnx);
    const { probabilities } = await session.run({
      features: new Tensor('float32', Float32Array.from(values), [many.length, 2]),
    });
    const gaps = Array.from(expected, (p, row) => Math.abs(p - Number(probabilities!.data[2 * row + 1])));
    expect(Math.max(...gaps)).toBeLessThan(1e-6);
    expect(Math.max(...expected) - Math.min(...expected)).toBeGreaterThan(0.5);
  });

  it('calibrates by held-out blocks of time, and writes that into the file', async () => {
    const many = Array.from({ length: 300 }, (_, i) => [Math.sin(i), (i * 7) % 11]);
    const labels = many.map(([a, b]) => (a! + b! / 10 > 0.7 ? 1 : 0));
    const times = many.map((_, i) => (i * 13) % 300);
    const trained = trainLogisticRegression(many, labels, ['a', 'b'], { pipeline: 'toys', times });
    if (!trained.ok) throw new Error(trained.message);
    const order = times.map((_, place) => times.indexOf(place));
    const values = Float64Array.from(many.flat());
    const heldOut = heldOutScores({ columns: 2, values, labels: Uint8Array.from(labels) }, {}, { order });
    expect(trained.calibration).toEqual(fitCalibration(heldOut.scores, heldOut.labels));
    expect(trained.metrics.heldOut).toMatchObject({ rows: 300 });
    expect(trained.metrics.heldOut!.logLoss).toBeGreaterThan(trained.metrics.logLoss);
    const text = Buffer.from(trained.onnx).toString('latin1');
    expect(text).toContain(MODEL_METADATA.calibration);
    expect(text).toContain(JSON.stringify(trained.calibration));
  });

  it('has no calibration of a few rows', () => {
    expect(train(rows, [0, 0, 1, 1])).toMatchObject({ calibration: null, metrics: { heldOut: null } });
  });

  it.each([
    ['one class only', rows, [1, 1, 1, 1], 'all 4 labels are 1: both classes are needed to train a classifier'],
    ['a label that is none', rows, [0, 1, 2, 0], 'the label of row 2 is 2, expected 0 or 1'],
    ['labels missing', rows, [0, 1], '4 rows but 2 labels were given'],
    ['a row too short', [[1], [2, 3]], [0, 1], 'row 0 has 1 values for 2 features'],
    ['no rows', [], [], 'there are no rows to train on'],
    ['an infinite value', [[1, 2], [3, Infinity]], [0, 1], 'b is infinite in row 1'], // prettier-ignore
    ['a string', [[1, 'x'], [2, 3]], [0, 1], 'b is a string ("x" in row 0): a logistic regression takes numbers; encode it with a CEL feature'], // prettier-ignore
  ])('refuses %s with one sentence', (_, given, labels, message) => {
    expect(train(given, labels)).toEqual({ ok: false, message });
  });
});
