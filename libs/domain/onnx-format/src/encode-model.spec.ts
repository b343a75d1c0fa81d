import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';
import { encodeModel } from './encode-model.js';
import type { OnnxModelFile } from './onnx-graph.js';

/** The official schema of the format (onnx 1.23, Apache-2.0), so that the writer is read by another's reader. */
const ModelProto = protobuf
  .parse(readFileSync(new URL('../fixtures/onnx-ml.proto', import.meta.url), 'utf8'), { keepCase: true })
  .root.lookupType('onnx.ModelProto');
const decode = (bytes: Uint8Array) =>
  ModelProto.toObject(ModelProto.decode(bytes), { longs: Number, enums: String, bytes: Array }) as Record<
    string,
    unknown
  >;

const aModel = (graph: Partial<OnnxModelFile['graph']> = {}): OnnxModelFile => ({
  metadata: { b: '2', a: 'ä' },
  graph: {
    name: 'g',
    nodes: [],
    initializers: [],
    inputs: [{ name: 'x', type: 'float', shape: ['rows', 300] }],
    outputs: [{ name: 'y', type: 'string', shape: [] }],
    ...graph,
  },
});

describe('encodeModel', () => {
  it('writes versions, metadata and the signature', () => {
    expect(decode(encodeModel(aModel()))).toMatchObject({
      ir_version: 8,
      producer_name: 'eddyline',
      opset_import: [
        { domain: '', version: 17 },
        { domain: 'ai.onnx.ml', version: 3 },
      ],
      metadata_props: [
        { key: 'a', value: 'ä' },
        { key: 'b', value: '2' },
      ],
      graph: {
        input: [
          {
            name: 'x',
            type: { tensor_type: { elem_type: 1, shape: { dim: [{ dim_param: 'rows' }, { dim_value: 300 }] } } },
          },
        ],
        output: [{ name: 'y', type: { tensor_type: { elem_type: 8 } } }],
      },
    });
  });

  it('writes every kind of attribute', () => {
    const model = aModel({
      nodes: [
        {
          op: 'Any',
          domain: 'ai.onnx.ml',
          inputs: ['x'],
          outputs: ['y'],
          attributes: {
            f: { kind: 'float', value: 0.5 },
            i: { kind: 'int', value: -7 },
            s: { kind: 'string', value: 'LOGISTIC' },
            fs: { kind: 'floats', values: [1.5, -2] },
            is: { kind: 'ints', values: [0, 128, 2 ** 40] },
            ss: { kind: 'strings', values: ['a', ''] },
            t: { kind: 'tensor', value: { name: 't', type: 'double', dims: [1], values: [0.1] } },
          },
        },
      ],
    });
    const { graph } = decode(encodeModel(model)) as { graph: { node: { attribute: Record<string, unknown>[] }[] } };
    const text = (value: string) => [...new TextEncoder().encode(value)];
    expect(graph.node[0]).toMatchObject({ op_type: 'Any', domain: 'ai.onnx.ml', input: ['x'], output: ['y'] });
    expect(graph.node[0]!.attribute).toMatchObject([
      { name: 'f', type: 'FLOAT', f: 0.5 },
      { name: 'i', type: 'INT', i: -7 },
      { name: 's', type: 'STRING', s: text('LOGISTIC') },
      { name: 'fs', type: 'FLOATS', floats: [1.5, -2] },
      { name: 'is', type: 'INTS', ints: [0, 128, 2 ** 40] },
      { name: 'ss', type: 'STRINGS', strings: [text('a'), []] },
      { name: 't', type: 'TENSOR', t: { dims: [1], data_type: 11 } },
    ]);
  });

  it('writes tensors of every type in little-endian order', () => {
    const model = aModel({
      initializers: [
        { name: 'f', type: 'float', dims: [2], values: [1, -2] },
        { name: 'd', type: 'double', dims: [1, 1], values: [0.1] },
        { name: 'i', type: 'int64', dims: [1], values: [-1n] },
        { name: 's', type: 'string', dims: [1], values: ['ab'] },
      ],
    });
    const { graph } = decode(encodeModel(model)) as { graph: { initializer: Record<string, unknown>[] } };
    expect(graph.initializer).toMatchObject([
      { name: 'f', dims: [2], data_type: 1, raw_data: [0, 0, 128, 63, 0, 0, 0, 192] },
      { name: 'd', dims: [1, 1], data_type: 11, raw_data: [...new Uint8Array(Float64Array.of(0.1).buffer)] },
      { name: 'i', dims: [1], data_type: 7, raw_data: new Array(8).fill(255) },
      { name: 's', dims: [1], data_type: 8, string_data: [[97, 98]] },
    ]);
  });
});
