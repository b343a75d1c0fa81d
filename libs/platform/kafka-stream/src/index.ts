export { BatchHandler, KAFKA_STREAM } from './batch-handler.decorator.js';
export { KafkaStreamServer, type KafkaStreamOptions, type PipelineSource } from './kafka-stream.server.js';
