import {
  ELEMENT_TYPE_CODE,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxModelFile,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValue,
} from './onnx-graph.js';
import { ProtoWriter } from './proto-writer.js';

/** Read by every ONNX Runtime since 1.14; operator sets of the same age. */
const IR_VERSION = 8;
const OPSET = 17;
const ML_OPSET = 3;

/** `AttributeProto.AttributeType` and the field that holds the value. Field numbers are those of onnx.proto. */
const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, tensor: 4, floats: 6, ints: 7, strings: 8 } as const;

/** An ONNX file (`ModelProto`), the same bytes for the same model. */
export function encodeModel(model: OnnxModelFile): Uint8Array {
  const writer = new ProtoWriter().int(1, IR_VERSION).string(2, 'eddyline');
  if (model.description !== undefined) writer.string(6, model.description);
  writer.message(7, (graph) => writeGraph(graph, model.graph));
  writer.message(8, (opset) => opset.string(1, '').int(2, OPSET));
  writer.message(8, (opset) => opset.string(1, 'ai.onnx.ml').int(2, ML_OPSET));
  for (const key of Object.keys(model.metadata).sort()) {
    writer.message(14, (entry) => entry.string(1, key).string(2, model.metadata[key]!));
  }
  return writer.finish();
}

function writeGraph(writer: ProtoWriter, graph: OnnxGraph): void {
  graph.nodes.forEach((node, index) => writer.message(1, (nested) => writeNode(nested, node, index)));
  writer.string(2, graph.name);
  for (const tensor of graph.initializers) writer.message(5, (nested) => writeTensor(nested, tensor));
  for (const input of graph.inputs) writer.message(11, (nested) => writeValue(nested, input));
  for (const output of graph.outputs) writer.message(12, (nested) => writeValue(nested, output));
}

function writeNode(writer: ProtoWriter, node: OnnxNode, index: number): void {
  for (const input of node.inputs) writer.string(1, input);
  for (const output of node.outputs) writer.string(2, output);
  writer.string(3, `${node.op}_${index}`).string(4, node.op);
  for (const [name, attribute] of Object.entries(node.attributes ?? {})) {
    writer.message(5, (nested) => writeAttribute(nested, name, attribute));
  }
  if (node.domain !== undefined) writer.string(7, node.domain);
}

function writeAttribute(writer: ProtoWriter, name: string, attribute: OnnxAttribute): void {
  writer.string(1, name);
  switch (attribute.kind) {
    case 'float':
      writer.float(2, attribute.value);
      break;
    case 'int':
      writer.int(3, attribute.value);
      break;
    case 'string':
      writer.string(4, attribute.value);
      break;
    case 'tensor':
      writer.message(5, (nested) => writeTensor(nested, attribute.value));
      break;
    case 'floats':
      writer.packedFloats(7, attribute.values);
      break;
    case 'ints':
      writer.packedInts(8, attribute.values);
      break;
    case 'strings':
      for (const value of attribute.values) writer.string(9, value);
      break;
  }
  writer.int(20, ATTRIBUTE_TYPE[attribute.kind]);
}

function writeTensor(writer: ProtoWriter, tensor: OnnxTensor): void {
  writer.packedInts(1, tensor.dims).int(2, ELEMENT_TYPE_CODE[tensor.type]);
  if (tensor.type === 'string') for (const value of tensor.values) writer.string(6, value);
  writer.string(8, tensor.name);
  if (tensor.type !== 'string') writer.bytes(9, rawData(tensor));
}

/** `raw_data`: little-endian, fixed width. */
function rawData(tensor: Exclude<OnnxTensor, { type: 'string' }>): Uint8Array {
  const width = tensor.type === 'float' ? 4 : 8;
  const view = new DataView(new ArrayBuffer(tensor.values.length * width));
  for (let i = 0; i < tensor.values.length; i++) {
    if (tensor.type === 'float') view.setFloat32(i * 4, Number(tensor.values[i]), true);
    else if (tensor.type === 'double') view.setFloat64(i * 8, Number(tensor.values[i]), true);
    else view.setBigInt64(i * 8, BigInt(tensor.values[i]!), true);
  }
  return new Uint8Array(view.buffer);
}

function writeValue(writer: ProtoWriter, value: OnnxValue): void {
  writer.string(1, value.name).message(2, (type) =>
    type.message(1, (tensor) =>
      tensor.int(1, ELEMENT_TYPE_CODE[value.type]).message(2, (shape) => {
        for (const dim of value.shape) {
          shape.message(1, (nested) => (typeof dim === 'number' ? nested.int(1, dim) : nested.string(2, dim)));
        }
      }),
    ),
  );
}
