import { Ctx, EventPattern, Payload, RpcException } from '@nestjs/microservices';
import type { BatchHandlerOptions } from '#platform/kafka';

/** Ties handlers to KafkaStreamServer; Nest hands each strategy only the handlers that carry its transport id. */
export const KAFKA_STREAM = Symbol('eddyline.kafka-stream');

/**
 * Carries what a handler threw past Nest's exception filter, which would otherwise turn it into a bare
 * `{ status: 'error', message: 'Internal server error' }` and hide whether it was weather or a bug.
 */
export class HandlerFailure extends RpcException {
  constructor(readonly reason: unknown) {
    super('a batch handler failed');
  }

  override getError(): object {
    return this;
  }
}

type Method = (...args: unknown[]) => Promise<unknown>;

/**
 * Marks a controller method as the handler of one of a pipeline's topics. It is called with whole batches, for every
 * pipeline that the service runs: `(records, context)` as TransactionHandler or IntentHandler. Guards, interceptors and
 * pipes of Nest apply once per batch.
 */
export function BatchHandler(options: BatchHandlerOptions): MethodDecorator {
  const mark = EventPattern(options.from, KAFKA_STREAM, { ...options });
  return (target, key, descriptor: PropertyDescriptor) => {
    const method = descriptor.value as Method;
    descriptor.value = async function (this: unknown, ...args: unknown[]): Promise<unknown> {
      try {
        return await method.apply(this, args);
      } catch (error) {
        throw new HandlerFailure(error);
      }
    };
    // Without them Nest hands over the first argument only.
    Payload()(target, key, 0);
    Ctx()(target, key, 1);
    mark(target, key, descriptor);
    return descriptor;
  };
}
