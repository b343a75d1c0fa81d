import { readFileSync } from 'node:fs';
import type { Feature, ModelTask } from '#contracts';
import { describeModel } from './describe-model.js';
import { OnnxModel } from './onnx-model.js';
import { ModelRejected } from './onnx-session.js';
import { planModelLayout } from './plan-model-layout.js';

const fixture = (name: string) => readFileSync(new URL(`../fixtures/${name}`, import.meta.url));
const expected = JSON.parse(fixture('expected.golden.json').toString()) as {
  readonly rows: readonly (readonly number[])[];
  readonly binary: readonly number[];
  readonly multiclass: readonly (readonly number[])[];
  readonly regression: readonly number[];
  readonly columns: { readonly rows: readonly (readonly (number | string)[])[]; readonly scores: readonly number[] };
};
const features = (...names: readonly string[]): Feature[] =>
  names.map((name) => ({ kind: 'field', name, field: name, type: name === 'shop' ? 'string' : 'number' }));

async function load(name: string, given: readonly Feature[], task: ModelTask): Promise<OnnxModel> {
  const bytes = fixture(`${name}.onnx`);
  const plan = planModelLayout(await describeModel(bytes), given, task);
  if (!plan.ok) throw new Error(plan.problems.join('\n'));
  return OnnxModel.load(bytes, plan);
}
const largestGap = (actual: ArrayLike<number>, wanted: readonly number[]) =>
  Math.max(...wanted.map((value, i) => Math.abs(actual[i]! - value)));

describe('OnnxModel', () => {
  it('scores what scikit-learn predicts: binary', async () => {
    const model = await load('binary', features('a', 'b', 'c'), 'binary-classification');
    const { scores, classScores, problems } = await model.score(expected.rows);
    expect(largestGap(scores, expected.binary)).toBeLessThan(1e-6);
    expect(classScores).toBeNull();
    expect(problems.size).toBe(0);
    const matrix = Float32Array.from(expected.rows.flat());
    expect((await model.scoreMatrix(matrix, expected.rows.length)).scores).toEqual(scores);
    await model.release();
  });

  it('scores what scikit-learn predicts: multiclass, with the largest class as the score', async () => {
    const model = await load('multiclass', features('a', 'b', 'c'), 'multiclass-classification');
    const { scores, classScores } = await model.score(expected.rows);
    expect(largestGap(classScores!, expected.multiclass.flat())).toBeLessThan(1e-6);
    expect(largestGap(scores, expected.multiclass.map((row) => Math.max(...row)))).toBeLessThan(1e-6); // prettier-ignore
    await model.release();
  });

  it('scores what scikit-learn predicts: regression', async () => {
    const model = await load('regression', features('a', 'b', 'c'), 'regression');
    const { scores } = await model.score(expected.rows);
    expect(largestGap(scores, expected.regression)).toBeLessThan(1e-5);
    await model.release();
  });

  it('scores what scikit-learn predicts: one input per feature, of four types', async () => {
    const model = await load('columns', features('amount', 'hour', 'shop'), 'binary-classification');
    const { scores } = await model.score(expected.columns.rows);
    expect(largestGap(scores, expected.columns.scores)).toBeLessThan(1e-6);
    await model.release();
  });

  it('keeps a bad row to itself', async () => {
    const model = await load('columns', features('amount', 'hour', 'shop'), 'binary-classification');
    const good = expected.columns.rows[0]!;
    const { scores, problems } = await model.score([good, [1, 2.5, 'kiosk'], [1, null, 'kiosk'], [1, 2, 3], good]);
    expect(Object.fromEntries(problems)).toEqual({
      1: 'hour is 2.5, the model takes int64',
      2: 'hour is missing, and int64 has no missing value: impute it',
      3: 'shop is the number 3, the model takes a string',
    });
    expect(scores[1]).toBeNaN();
    expect(largestGap([scores[0]!, scores[4]!], [expected.columns.scores[0]!, expected.columns.scores[0]!])).toBeLessThan(1e-6); // prettier-ignore
    await model.release();
  });

  it('has no score where the model gives none, across chunks', async () => {
    const model = await load('identity', features('a'), 'regression');
    const rows = Array.from({ length: 2_500 }, (_, i) => [i === 3 ? null : i === 2_400 ? Infinity : i]);
    const { scores, problems } = await model.score(rows);
    expect(Object.fromEntries(problems)).toEqual({
      3: "the model's score is NaN",
      2_400: "the model's score is Infinity",
    });
    expect(scores.filter((score, i) => score === i)).toHaveLength(2_498);
    await model.release();
  });

  it('scores no rows', async () => {
    const model = await load('identity', features('a'), 'regression');
    expect((await model.score([])).scores).toHaveLength(0);
    await model.release();
  });

  it('refuses a file that is no model', async () => {
    const layouts = {
      input: { kind: 'matrix', input: 'X', type: 'float32', columns: 3 },
      output: { output: 'probabilities', width: 2, scoreColumn: 1 },
    } as const;
    await expect(OnnxModel.load(Buffer.from('not a model'), layouts)).rejects.toThrow(ModelRejected);
    await expect(OnnxModel.load(fixture('regression.onnx'), layouts)).rejects.toThrow(
      /^the model does not run on its declared inputs: ./,
    );
    const wide = { ...layouts, input: { ...layouts.input, columns: 4 } };
    await expect(OnnxModel.load(fixture('binary.onnx'), wide)).rejects.toThrow(ModelRejected);
  });

  it('describes a model with a ZipMap, so that it can be refused with the cure', async () => {
    const plan = planModelLayout(
      await describeModel(fixture('binary-zipmap.onnx')),
      features('a', 'b', 'c'),
      'binary-classification',
    );
    expect(plan).toMatchObject({ ok: false, problems: [expect.stringContaining('zipmap=False')] });
  });
});
