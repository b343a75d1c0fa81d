import { InferenceSession, Tensor } from 'onnxruntime-node';
import { logisticRegressionToOnnx, type LogisticRegressionParameters } from './logistic-regression.js';

const parameters: LogisticRegressionParameters = {
  means: [0.2, 1_000, -3],
  scales: [0.5, 250, 1e-3],
  weights: [1.5, -0.75, 0.3],
  intercept: -0.4,
  imputed: [0.2, 1_000, -3].map(Math.fround),
};

/** The formula itself, in float64 on float32 inputs. */
function expected(row: readonly number[]): number {
  const { means, scales, weights, imputed, intercept } = parameters;
  const z = row.reduce((sum, value, i) => {
    const present = Number.isNaN(value) ? imputed[i]! : Math.fround(value);
    return sum + (weights[i]! * (present - means[i]!)) / scales[i]!;
  }, intercept);
  return 1 / (1 + Math.exp(-z));
}

async function run(rows: readonly (readonly number[])[]) {
  const session = await InferenceSession.create(logisticRegressionToOnnx(parameters, {}), { intraOpNumThreads: 1 });
  const outputs = await session.run({
    features: new Tensor('float32', Float32Array.from(rows.flat()), [rows.length, 3]),
  });
  await session.release();
  return { probabilities: outputs['probabilities']!, label: outputs['label']! };
}

describe('logisticRegressionToOnnx', () => {
  it('computes what the formula says, missing values included, within 1e-6', async () => {
    const rows = Array.from({ length: 500 }, (_, i) => [
      i % 7 === 0 ? NaN : Math.sin(i),
      i % 11 === 0 ? NaN : 1_000 + 900 * Math.cos(i),
      i % 5 === 0 ? NaN : -3 + Math.sin(i * 3) / 250,
    ]);
    const { probabilities, label } = await run(rows);
    expect(probabilities.dims).toEqual([500, 2]);
    expect(label.dims).toEqual([500]);
    rows.forEach((row, i) => {
      const p = expected(row);
      expect(Math.abs(Number(probabilities.data[2 * i + 1]) - p)).toBeLessThan(1e-6);
      expect(Math.abs(Number(probabilities.data[2 * i]) - (1 - p))).toBeLessThan(1e-6);
      expect(label.data[i]).toBe(p > 0.5 ? 1n : 0n);
    });
  });

  it('stays within [0, 1] at extreme inputs', async () => {
    const { probabilities } = await run([
      [1e30, 0, 0],
      [-1e30, 0, 0],
    ]);
    expect([...probabilities.data]).toEqual([0, 1, 1, 0]);
  });

  it('takes a single feature', async () => {
    const one = { means: [1], scales: [2], weights: [1], intercept: 0, imputed: [1] };
    const session = await InferenceSession.create(logisticRegressionToOnnx(one, {}));
    const { probabilities } = await session.run({ features: new Tensor('float32', Float32Array.of(NaN), [1, 1]) });
    expect([...probabilities!.data]).toEqual([0.5, 0.5]);
  });

  it('refuses parameters of different lengths', () => {
    expect(() => logisticRegressionToOnnx({ ...parameters, means: [1] }, {})).toThrow(
      'means has 1 entries, weights has 3',
    );
  });
});
