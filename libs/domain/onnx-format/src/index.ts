export { encodeModel } from './encode-model.js';
export type {
  OnnxAttribute,
  OnnxElementType,
  OnnxGraph,
  OnnxModelFile,
  OnnxNode,
  OnnxTensor,
  OnnxValue,
} from './onnx-graph.js';
export { toOnnx } from './to-onnx.js';
