export { encodeModel } from './encode-model.js';
export { logisticRegressionToOnnx, type LogisticRegressionParameters } from './logistic-regression.js';
export type {
  OnnxAttribute,
  OnnxElementType,
  OnnxGraph,
  OnnxModelFile,
  OnnxNode,
  OnnxTensor,
  OnnxValue,
} from './onnx-graph.js';
