export { compileFeatures, FeatureFailure, type FeatureFunction, type FeatureValue } from './compile-features.js';
export { featureRecordOf, type FeatureRecord } from './feature-record.js';
