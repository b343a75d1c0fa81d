export { toAppliedPipeline, toRegistryEntry } from './control-records.js';
export { CONTROL_TOPICS } from './control-topics.js';
export { ControlWriter } from './control-writer.js';
export { KafkaAlertControlCatalog } from './kafka-alert-control-catalog.js';
export { KafkaModelCatalog } from './kafka-model-catalog.js';
export { KafkaPipelineCatalog, type CatalogOptions } from './kafka-pipeline-catalog.js';
export { MonitorCheckpoints, type MonitorCheckpoint } from './monitor-checkpoints.js';
export type { AlertControlCatalog, ModelCatalog, PipelineCatalog, PipelineChange, PipelineListener } from './ports.js';
