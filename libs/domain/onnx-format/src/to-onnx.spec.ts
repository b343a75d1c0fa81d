import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';
import type { TrainedModel } from '#domain/trained-model';
import { toOnnx } from './to-onnx.js';

const ModelProto = protobuf
  .parse(readFileSync(new URL('../fixtures/onnx-ml.proto', import.meta.url), 'utf8'), { keepCase: true })
  .root.lookupType('onnx.ModelProto');

interface Node {
  readonly op_type: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute?: readonly (Readonly<Record<string, unknown>> & { readonly name: string })[];
}
interface Graph {
  readonly node: readonly Node[];
  readonly input: readonly { readonly name: string }[];
  readonly output: readonly { readonly name: string }[];
}

const graphOf = (model: TrainedModel): Graph =>
  (ModelProto.toObject(ModelProto.decode(toOnnx(model, {})), { longs: Number, enums: String }) as { graph: Graph })
    .graph;
const namesOf = (values: readonly { readonly name: string }[]) => values.map(({ name }) => name);

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
        feature: [1, -1, -1],
        threshold: [0.5, 0, 0],
        missingLeft: [1, 0, 0],
        left: [1, 0, 0],
        right: [2, 0, 0],
        value: [0, -1, 2],
        cover: [40, 30, 10],
        gain: [3, 0, 0],
      },
    ],
    link: 'logistic',
  },
  calibration: null,
};
const LINEAR: TrainedModel = {
  ...TREES,
  task: 'regression',
  inputs: [{ kind: 'number', name: 'amount' }],
  model: { kind: 'linear', means: [1], scales: [2], imputed: [1], weights: [[3]], intercepts: [4], link: 'identity' },
};

describe('toOnnx', () => {
  it('writes trees node by node, with covers', () => {
    const { node } = graphOf(TREES);
    const ensemble = node.find(({ op_type }) => op_type === 'TreeEnsembleRegressor')!;
    const attributes = Object.fromEntries(ensemble.attribute!.map(({ name, ...value }) => [name, value]));
    expect(attributes).toMatchObject({
      n_targets: { i: 1 },
      nodes_treeids: { ints: [0, 0, 0] },
      nodes_nodeids: { ints: [0, 1, 2] },
      nodes_featureids: { ints: [1, 0, 0] },
      nodes_values: { floats: [0.5, 0, 0] },
      nodes_truenodeids: { ints: [1, 0, 0] },
      nodes_falsenodeids: { ints: [2, 0, 0] },
      nodes_missing_value_tracks_true: { ints: [1, 0, 0] },
      nodes_hitrates: { floats: [40, 30, 10] },
      target_nodeids: { ints: [1, 2] },
      target_weights: { floats: [-1, 2] },
    });
  });

  it('takes one matrix of numbers, and one tensor per feature where there are strings', () => {
    expect(namesOf(graphOf(LINEAR).input)).toEqual(['features']);
    expect(namesOf(graphOf(TREES).input)).toEqual(['amount', 'country']);
    expect(namesOf(graphOf(LINEAR).output)).toEqual(['value']);
    expect(namesOf(graphOf(TREES).output)).toEqual(['label', 'probabilities']);
  });

  it('calls no output as a feature is called', () => {
    const features = ['label', 'probabilities'].map(
      (name) => ({ kind: 'ordinal', name, levels: [], values: [] }) as const,
    );
    const { input, output, node } = graphOf({ ...TREES, inputs: features });
    expect(namesOf(input)).toEqual(['label', 'probabilities']);
    expect(namesOf(output)).toEqual(['predicted_label', 'predicted_probabilities']);
    const made = node.flatMap((one) => one.output);
    expect(new Set([...made, ...namesOf(input)]).size).toBe(made.length + input.length);
  });

  it('names every tensor before it is used', () => {
    for (const model of [TREES, LINEAR, { ...TREES, calibration: { scores: [0.1, 0.9], probabilities: [0.2, 0.4] } }]) {
      const { node, input, ...rest } = graphOf(model);
      const constants = (rest as unknown as { initializer: { name: string }[] }).initializer;
      const known = new Set([...namesOf(input), ...namesOf(constants)]);
      for (const one of node) {
        for (const name of one.input) expect(known).toContain(name);
        for (const name of one.output) known.add(name);
      }
    }
  });

  it('gives the same bytes for the same model, its metadata in any order', () => {
    expect(toOnnx(TREES, { a: '1', b: '2' })).toEqual(toOnnx(structuredClone(TREES), { b: '2', a: '1' }));
  });

  it('refuses a model without a column', () => {
    const inputs = [{ kind: 'one_hot', name: 'country', levels: [] }] as const;
    expect(() => toOnnx({ ...LINEAR, inputs }, {})).toThrow('a model needs one encoded column at least');
  });
});
