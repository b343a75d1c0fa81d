import { applyDecorators } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import type { BatchHandlerOptions } from './stage.js';

/** Ties handlers to KafkaStreamServer; Nest hands each strategy only the handlers that carry its transport id. */
export const KAFKA_STREAM = Symbol('eddyline.kafka-stream');

/**
 * Marks a controller method as the handler of one of a pipeline's topics. It is called with whole batches, for every
 * pipeline that the service runs: `(records, context)` as TransactionHandler or IntentHandler. Guards, interceptors and
 * filters of Nest apply once per batch.
 */
export function BatchHandler(options: BatchHandlerOptions): MethodDecorator {
  return applyDecorators(EventPattern(options.from, KAFKA_STREAM, options as unknown as Record<string, unknown>));
}
