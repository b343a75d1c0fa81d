export type { AvroField, AvroNamed, AvroRecordSchema, AvroSchema } from './avro.js';
export { APPLIED_PIPELINE_SCHEMA, REGISTRY_ENTRY_SCHEMA } from './control-schemas.js';
export { HEADER, PROVENANCE_HEADERS } from './headers.js';
export {
  MODEL_METADATA,
  registryKeyOf,
  type ModelAlias,
  type ModelInputLayout,
  type ModelOutputLayout,
  type ModelVersion,
  type RegistryEntry,
  type TensorType,
} from './model-registry.js';
export type {
  AppliedPipeline,
  Expectation,
  Feature,
  ModelTask,
  PipelineDefinition,
  Scalar,
  ViolationAction,
} from './pipeline-definition.js';
export { predictionSchemaOf, type PredictionRecord, type PredictionRole, type PredictionSource } from './prediction.js';
export { QUARANTINE_REASONS, type QuarantineReason } from './quarantine-reasons.js';
export {
  consumerGroupOf,
  databaseOf,
  PIPELINE_STREAMS,
  PIPELINES_TOPIC,
  REGISTRY_TOPIC,
  topicOf,
  valueSubjectOf,
  type PipelineStream,
} from './topics.js';
