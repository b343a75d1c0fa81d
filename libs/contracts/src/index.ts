export type { AvroField, AvroNamed, AvroRecordSchema, AvroSchema } from './avro.js';
export {
  ALERT_CONTROL_SCHEMA,
  ALERT_SCHEMA,
  alertControlKeyOf,
  type AlertControl,
  type AlertEvidence,
  type AlertExample,
  type AlertRecord,
  type AlertState,
  type AlertSubject,
} from './alert.js';
export { APPLIED_PIPELINE_SCHEMA, REGISTRY_ENTRY_SCHEMA } from './control-schemas.js';
export { EXPLANATION_SCHEMA, type ExplanationRecord } from './explanation.js';
export { HEADER, LABEL_WAIT_HEADERS, PROVENANCE_HEADERS } from './headers.js';
export type { LabelDefinition } from './label-definition.js';
export {
  LIFECYCLE_DATABASE,
  LIFECYCLE_EVENT_SCHEMA,
  LIFECYCLE_PARTITIONS,
  lifecyclePartitionOf,
  type LifecycleChange,
  type LifecycleEvent,
  type LifecycleKind,
} from './lifecycle-event.js';
export {
  AHEAD_MS,
  eventColumnNames,
  featureColumnName,
  OUTCOME_COLUMNS,
  PREDICTION_COLUMNS,
  PREDICTION_LOG_COLUMNS,
  recordColumnOf,
  sqlIdentifier,
  sqlString,
} from './log-names.js';
export {
  MODEL_METADATA,
  registryKeyOf,
  type ModelCard,
  type ModelExplainer,
  type ModelInputLayout,
  type ModelOutputLayout,
  type ModelReference,
  type ModelVersion,
  type RegistryEntry,
  type TensorType,
} from './model-registry.js';
export { MONITOR_CHECKPOINT_SCHEMA } from './monitor-checkpoint.js';
export type { LogCut, Measurement, MonitorResult, MonitorTick, Verdict } from './monitor-result.js';
export type {
  AttributionReference,
  CategoricalDriftMethod,
  DriftReference,
  MetricRule,
  MonitorDefinition,
  MonitoringDefinition,
  MonitorKind,
  NumericDriftMethod,
  Severity,
} from './monitoring-definition.js';
export { outcomeSchemaOf, type OutcomeRecord } from './outcome.js';
export type {
  AppliedPipeline,
  Expectation,
  Feature,
  ModelTask,
  PipelineDefinition,
  Scalar,
  ViolationAction,
} from './pipeline-definition.js';
export {
  CHALLENGER_FAILED,
  predictionSchemaOf,
  type PredictionRecord,
  type PredictionRole,
  type PredictionSource,
} from './prediction.js';
export { QUARANTINE_REASONS, type QuarantineReason } from './quarantine-reasons.js';
export type { ExplainDefinition, GuardDefinition, RolloutDefinition, RolloutStep } from './rollout-definition.js';
export type { RolloutPhase, RolloutState } from './rollout-state.js';
export type { Appointment, ChallengerMode, LifecycleState, PipelineFlag, PipelineFlags, Serving } from './serving.js';
export {
  ALERT_CONTROLS_TOPIC,
  consumerGroupOf,
  databaseOf,
  LIFECYCLE_TOPIC,
  MONITORS_TOPIC,
  PIPELINE_STREAMS,
  PIPELINES_TOPIC,
  REGISTRY_TOPIC,
  streamsOf,
  topicOf,
  valueSubjectOf,
  type PipelineStream,
} from './topics.js';
export type {
  BuiltInTrainer,
  GatesDefinition,
  RetrainDefinition,
  RetrainTrigger,
  SearchDefinition,
  TrainerDefinition,
  MonotoneDirection,
} from './training-definition.js';
export type { Candidate, Dataset, GateResult, RunCause, TrainingRun } from './training-run.js';
