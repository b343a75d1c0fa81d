export { describeModel } from './describe-model.js';
export { featureNamesIn } from './feature-names.js';
export { measureLatency, type MeasuredLatency } from './measure-latency.js';
export { signatureOf, type ModelDescription, type ModelValue } from './model-description.js';
export type { ModelScores } from './model-scores.js';
export { OnnxModel, type ModelLayouts } from './onnx-model.js';
export { ModelRejected } from './onnx-session.js';
export type { FeatureRow } from './pack-rows.js';
export { planModelLayout, type LayoutPlan } from './plan-model-layout.js';
