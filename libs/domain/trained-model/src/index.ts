export { columnNames, encodeColumns, encodeInputs, type EncodedRows } from './encode-inputs.js';
export { featureColumns, type FeatureColumn, type FeatureRow, type FeatureType } from './feature-columns.js';
export { modelFromJson, modelToJson, TrainedModelUnreadable } from './model-json.js';
export { rawOutputs } from './raw-outputs.js';
export { scoreRows, scoresOf, sigmoid, softmax } from './scores-of.js';
export type { InputEncoding, LinearModel, TrainedModel, Tree, TreeEnsemble } from './trained-model.js';
