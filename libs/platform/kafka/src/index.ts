export type { ClusterDescription, KafkaOperation, PartitionDescription, TopicDescription } from './cluster-metadata.js';
export { ClusterProbe, type GroupDescription, type PartitionEnds } from './cluster-probe.js';
export { CannotGoOn } from './cannot-go-on.js';
export { DURABLE_STEPS, DURABLE_STEPS_CHANNEL, type DurableStep, type DurableStepReached } from './durable-steps.js';
export { GroupMembership } from './group-membership.js';
export { createKafka, type KafkaConnection } from './kafka-client.js';
export { LazyAdmin } from './lazy-admin.js';
export type { Logger } from './log.js';
export { LogReader, partitionEnds, readPartition } from './log-reader.js';
export type { FetchedBatch } from './delivery.js';
export { decodeOffsetMetadata, type OffsetMetadata } from './offset-metadata.js';
export { Publisher, PublishFailed, type PublisherOptions, type PublishFailureCode } from './publisher.js';
export { headersOf } from './record-headers.js';
export { rootCause } from './root-cause.js';
export type {
  BatchHandlerOptions,
  DecodedValue,
  DecoderFactory,
  FetchPatience,
  IntentHandler,
  IntentRange,
  LogRecord,
  PartitionLease,
  ProducedOffsets,
  StageContext,
  StageRecord,
  StageResult,
  TransactionHandler,
  ValueDecoder,
} from './stage.js';
export { StageConsumer, type StageStatus, type TopicStage } from './stage-consumer.js';
export { StageMetrics } from './stage-metrics.js';
export { formatTraceparent, parseTraceparent } from './stage-tracing.js';
export { PublicationFailed, TransactionalPublisher, type Appended } from './transactional-publisher.js';
export {
  deleteRecordsBefore,
  ensureTopics,
  planTopics,
  topicChanges,
  type TopicChange,
  type TopicSpec,
} from './topics-admin.js';
