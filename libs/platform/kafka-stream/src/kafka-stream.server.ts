import {
  ALERT_SCHEMA,
  consumerGroupOf,
  EXPLANATION_SCHEMA,
  outcomeSchemaOf,
  predictionSchemaOf,
  streamsOf,
  topicOf,
  type AppliedPipeline,
  type AvroRecordSchema,
  type PipelineStream,
} from '#contracts';
import {
  StageConsumer,
  StageMetrics,
  type BatchHandlerOptions,
  type DecoderFactory,
  type FetchedBatch,
  type FetchPatience,
  type IntentHandler,
  type Logger,
  type StageResult,
  type StageStatus,
  type TopicStage,
  type TransactionHandler,
  type ValueDecoder,
} from '#platform/kafka';
import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { trace } from '@opentelemetry/api';
import kafkajs, { type Kafka } from 'kafkajs';
import { isObservable, lastValueFrom } from 'rxjs';
import { HandlerFailure, KAFKA_STREAM } from './batch-handler.decorator.js';

/** The part of `PipelineCatalog` that the strategy needs. */
export interface PipelineSource {
  subscribe(
    listener: (
      change:
        | { readonly kind: 'applied'; readonly pipeline: AppliedPipeline }
        | { readonly kind: 'removed'; readonly name: string },
    ) => void | Promise<void>,
  ): () => void;
}

export interface KafkaStreamOptions {
  /** Makes a client; called once per pipeline, since consumers of one group must not share one. */
  readonly kafka: () => Kafka;
  /** Service name: consumer groups are `eddyline.<service>.<pipeline>`. */
  readonly service: string;
  readonly catalog: PipelineSource;
  readonly decoders: DecoderFactory;
  readonly pipelines: readonly string[] | 'all';
  readonly log: Logger;
  /** Called once with an unknown error; the process should end with a non-zero code. */
  readonly onFatal: (error: unknown) => void;
  readonly sessionTimeoutMs?: number;
  /** Default: at once. */
  readonly fetch?: FetchPatience;
  /** How soon raised partitions are noticed. Default 30 s. */
  readonly metadataMaxAgeMs?: number;
  /** Default zstd. */
  readonly compression?: kafkajs.CompressionTypes;
}

/** Nest transport that runs the batch handlers of a service for every pipeline in force. */
export class KafkaStreamServer extends Server implements CustomTransportStrategy {
  override readonly transportId = KAFKA_STREAM;
  /** Weather is logged where it is waited out and bugs where the process ends; Nest would log both a second time. */
  override readonly propagatesEventHandlerErrors = true;
  private readonly consumers = new Map<string, StageConsumer>();
  private unsubscribe: (() => void) | undefined;

  constructor(private readonly options: KafkaStreamOptions) {
    super();
  }

  listen(callback: (error?: unknown) => void): void {
    try {
      this.handlers(); // refuses to boot before anything is consumed
    } catch (error) {
      callback(error);
      return;
    }
    this.unsubscribe = this.options.catalog.subscribe((change) => this.onChange(change));
    callback();
  }

  /** State of every stage, for readiness. */
  stageStatuses(): readonly StageStatus[] {
    return [...this.consumers.values()].flatMap((consumer) => consumer.status());
  }

  async close(): Promise<void> {
    this.unsubscribe?.();
    await Promise.all([...this.consumers.values()].map((consumer) => consumer.stop()));
    this.consumers.clear();
  }

  override on(): void {
    // The strategy has no events of its own; stageStatuses() tells.
  }

  override unwrap<T>(): T {
    return this.consumers as T;
  }

  private async onChange(change: Parameters<Parameters<PipelineSource['subscribe']>[0]>[0]): Promise<void> {
    const name = change.kind === 'applied' ? change.pipeline.definition.name : change.name;
    if (this.options.pipelines !== 'all' && !this.options.pipelines.includes(name)) return;
    const running = this.consumers.get(name);
    if (change.kind === 'removed') {
      this.consumers.delete(name);
      await running?.stop();
    } else if (running?.consumes(this.topicsOf(change.pipeline)) === true) {
      running.update(change.pipeline);
    } else {
      this.consumers.delete(name);
      await running?.stop();
      if (this.topicsOf(change.pipeline).length === 0) return;
      const consumer = this.consumerFor(change.pipeline);
      this.consumers.set(name, consumer);
      void consumer.start().catch(this.options.onFatal);
    }
  }

  /** Whether this process owns a partition of one of the pipeline's topics at present, as far as it knows. */
  owns(pipeline: string, stream: PipelineStream, partition: number): boolean {
    return this.consumers.get(pipeline)?.owns(topicOf(pipeline, stream), partition) === true;
  }

  /** What there is to consume of a pipeline: not every pipeline has every stream. */
  private topicsOf({ definition }: AppliedPipeline): readonly string[] {
    return this.handlersFor(definition).map(([{ from }]) => topicOf(definition.name, from));
  }

  private handlersFor(
    definition: AppliedPipeline['definition'],
  ): readonly (readonly [BatchHandlerOptions, MessageHandler])[] {
    const streams = streamsOf(definition);
    return this.handlers().filter(([{ from, beside = from }]) => streams.includes(from) && streams.includes(beside));
  }

  private consumerFor(pipeline: AppliedPipeline): StageConsumer {
    const { kafka: clientFor, service, log, onFatal, sessionTimeoutMs, fetch, metadataMaxAgeMs } = this.options;
    const name = pipeline.definition.name;
    const kafka = clientFor();
    const group = consumerGroupOf(service, name);
    const metrics = new StageMetrics({ pipeline: name, stage: service });
    const stages = new Map(
      this.handlersFor(pipeline.definition).map(([options, handler]) => [
        topicOf(name, options.from),
        this.stageOf(name, group, options, handler, metrics),
      ]),
    );
    return new StageConsumer({
      kafka,
      group,
      pipeline,
      stages,
      metrics,
      log,
      onFatal,
      compression: this.options.compression ?? kafkajs.CompressionTypes.ZSTD,
      ...(sessionTimeoutMs === undefined ? {} : { sessionTimeoutMs }),
      ...(fetch === undefined ? {} : { fetch }),
      ...(metadataMaxAgeMs === undefined ? {} : { metadataMaxAgeMs }),
    });
  }

  private stageOf(
    pipeline: string,
    group: string,
    options: BatchHandlerOptions,
    handler: MessageHandler,
    metrics: StageMetrics,
  ): TopicStage {
    const common = {
      stage: options.stage ?? this.options.service,
      attributes: {
        group,
        topic: topicOf(pipeline, options.from),
        originates: options.from === 'events',
      },
      decoder: this.decoderOf(options),
      tracer: trace.getTracer('eddyline.kafka'),
      metrics,
    };
    const invoke = (records: unknown, context: unknown): Promise<unknown> => dispatch(handler, records, context);
    if (options.delivery === 'transaction') {
      const call: TransactionHandler = (records, context) => invoke(records, context) as Promise<StageResult>;
      return { delivery: 'transaction', ...common, handler: call, maxRecords: options.maxRecords ?? 1_000 };
    }
    const call: IntentHandler = (records, context) => invoke(records, context) as Promise<void>;
    return { delivery: 'intent', ...common, handler: call, maxRecords: options.maxRecords ?? 10_000 };
  }

  /** The decoder follows the pipeline's definition, which may change between batches. */
  private decoderOf(options: BatchHandlerOptions): (batch: FetchedBatch) => ValueDecoder | null {
    if (options.decode === false) return () => null;
    let known: { readonly pipeline: AppliedPipeline; readonly decoder: ValueDecoder } | undefined;
    return ({ pipeline }) => {
      if (known?.pipeline !== pipeline) {
        known = { pipeline, decoder: this.options.decoders.decoderFor(readerSchemaOf(options.from, pipeline)) };
      }
      return known.decoder;
    };
  }

  private handlers(): readonly (readonly [BatchHandlerOptions, MessageHandler])[] {
    return [...this.messageHandlers.entries()].map(([pattern, handler]) => {
      if (handler.next !== undefined) {
        throw new Error(`two batch handlers consume "${pattern}"; a topic has one: its outcomes commit together`);
      }
      return [handler.extras as unknown as BatchHandlerOptions, handler] as const;
    });
  }
}

function readerSchemaOf(stream: PipelineStream, { definition }: AppliedPipeline): AvroRecordSchema {
  switch (stream) {
    case 'predictions':
    case 'shadows':
      return predictionSchemaOf(definition);
    case 'labels':
    case 'label-retries':
      return definition.label!.schema; // they are there because it is
    case 'outcomes':
      return outcomeSchemaOf(definition);
    case 'alerts':
      return ALERT_SCHEMA;
    case 'explanations':
      return EXPLANATION_SCHEMA;
    default:
      return definition.event.schema;
  }
}

/** Nest hands back a promise, a stream (with interceptors) or a promise of a stream. */
async function dispatch(handler: MessageHandler, records: unknown, context: unknown): Promise<unknown> {
  try {
    const result: unknown = await handler(records, context);
    return isObservable(result) ? await lastValueFrom(result, { defaultValue: undefined }) : result;
  } catch (error) {
    throw error instanceof HandlerFailure ? error.reason : error;
  }
}
