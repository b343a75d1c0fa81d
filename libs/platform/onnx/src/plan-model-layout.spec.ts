import type { Feature } from '#contracts';
import type { ModelDescription, ModelValue } from './model-description.js';
import { planModelLayout } from './plan-model-layout.js';

const number = (name: string): Feature => ({ kind: 'field', name, field: name, type: 'number' });
const text = (name: string): Feature => ({ kind: 'field', name, field: name, type: 'string' });
const tensor = (name: string, type: string, ...shape: readonly (number | null)[]): ModelValue => {
  return { name, kind: 'tensor', type, shape };
};
const aModel = (parts: Partial<ModelDescription> = {}): ModelDescription => ({
  inputs: [tensor('X', 'float32', null, 2)],
  outputs: [tensor('label', 'int64', null), tensor('probabilities', 'float32', null, 2)],
  metadata: {},
  ...parts,
});
const features = [number('price'), number('demand')];
const problems = (model: ModelDescription, given: readonly Feature[] = features) => {
  const plan = planModelLayout(model, given, 'binary-classification');
  return plan.ok ? [] : plan.problems;
};

describe('planModelLayout', () => {
  it('feeds one float matrix and reads the positive class', () => {
    expect(planModelLayout(aModel(), features, 'binary-classification')).toEqual({
      ok: true,
      input: { kind: 'matrix', input: 'X', type: 'float32', columns: 2 },
      output: { output: 'probabilities', width: 2, scoreColumn: 1 },
    });
  });

  it('feeds one tensor per feature, in whatever order the model lists them', () => {
    const inputs = [tensor('shop', 'string', null, 1), tensor('hour', 'int64', null)];
    expect(planModelLayout(aModel({ inputs }), [number('hour'), text('shop')], 'binary-classification')).toMatchObject({
      ok: true,
      input: {
        kind: 'columns',
        inputs: [
          { name: 'hour', type: 'int64', rank: 1 },
          { name: 'shop', type: 'string', rank: 2 },
        ],
      },
    });
  });

  it.each([
    ['binary-classification', tensor('score', 'float32', null, 1), { output: 'score', width: 1, scoreColumn: 0 }],
    ['binary-classification', tensor('score', 'float64', null), { output: 'score', width: 1, scoreColumn: 0 }],
    ['multiclass-classification', tensor('p', 'float32', null, 4), { output: 'p', width: 4, scoreColumn: null }],
    ['regression', tensor('variable', 'float32', null, 1), { output: 'variable', width: 1, scoreColumn: 0 }],
  ] as const)('reads the score of %s from %j', (task, output, layout) => {
    const model = aModel({ outputs: [tensor('label', 'int64', null), output] });
    expect(planModelLayout(model, features, task)).toMatchObject({ ok: true, output: layout });
  });

  it('names both sides when the numbers of features differ', () => {
    expect(problems(aModel(), [...features, number('hour')])).toEqual([
      'the model wants X float32 [rows, 2], 2 features; the pipeline gives 3 (price, demand, hour)',
    ]);
  });

  it('refuses a model made for the same features in another order', () => {
    const metadata = { 'eddyline.features': '["demand","price"]' };
    expect(problems(aModel({ metadata }))).toEqual([
      'the model was made for the features demand, price; the pipeline gives price, demand, in this order',
    ]);
    expect(problems(aModel({ metadata: { feature_names: 'price, demand' } }))).toEqual([]);
  });

  it('refuses strings for a matrix and says the ways out', () => {
    expect(problems(aModel(), [number('price'), text('shop')])).toEqual([
      'the model wants X float32 [rows, 2]; the pipeline gives the string feature shop, which a float matrix cannot hold: encode them with CEL features, or export the model with one input per feature',
    ]);
  });

  it('refuses inputs that no feature fills, features that no input takes, and types that differ', () => {
    const inputs = [tensor('price', 'string', null, 1), tensor('hour', 'float32', null, 1)];
    expect(problems(aModel({ inputs }))).toEqual([
      'the model wants hour float32 [rows, 1]; the pipeline gives no such feature',
      'the model wants price string [rows, 1]; the pipeline gives price as a number',
      'the pipeline gives the feature demand; the model has no input of this name (it has price, hour)',
    ]);
  });

  it('refuses a fixed number of rows', () => {
    expect(problems(aModel({ inputs: [tensor('X', 'float32', 1, 2)] }))).toEqual([
      'the model wants X float32 [1, 2]; the pipeline gives as many rows as there are events, not always 1: export the model with a dynamic first dimension',
    ]);
  });

  it('refuses an integer matrix and a third dimension', () => {
    expect(problems(aModel({ inputs: [tensor('X', 'int64', null, 2)] }))).toHaveLength(1);
    expect(problems(aModel({ inputs: [tensor('X', 'float32', null, 2, 1)] }))).toHaveLength(1);
  });

  it('refuses sequences of maps and says how to export a tensor', () => {
    const outputs: ModelValue[] = [tensor('label', 'int64', null), { name: 'output_probability', kind: 'other' }];
    expect(problems(aModel({ outputs }))).toEqual([
      'the model gives label int64 [rows], output_probability (a sequence or map); the pipeline (binary-classification) wants float probabilities [rows, 2], or the positive class alone as [rows, 1] or [rows]: export the probabilities as a tensor (skl2onnx and onnxmltools: zipmap=False)',
    ]);
  });

  it('refuses to guess between two outputs', () => {
    const outputs = [tensor('a', 'float32', null, 1), tensor('b', 'float32', null, 2)];
    expect(problems(aModel({ outputs }))).toEqual([
      'the model gives a float32 [rows, 1] and b float32 [rows, 2]; which one is the score is not clear: call the right one "probabilities" or leave the others out of the export',
    ]);
  });

  it('reports the input and the output at once', () => {
    expect(problems(aModel({ inputs: [tensor('X', 'float32', null, 9)], outputs: [] }))).toHaveLength(2);
  });
});
