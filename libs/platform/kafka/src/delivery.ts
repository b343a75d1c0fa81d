import type { AppliedPipeline } from '#contracts';
import type { OutboundMessage } from '#platform/outcomes';
import type { Tracer } from '@opentelemetry/api';
import type { FetchedMessage } from './kafkajs-internals.js';
import type { OffsetMetadata } from './offset-metadata.js';
import type { PartitionLease, ValueDecoder } from './stage.js';
import type { StageMetrics } from './stage-metrics.js';
import type { StageAttributes } from './stage-tracing.js';
import type { TransactionalProducer } from './transactional-producer.js';

/** What this process holds of a partition between acquiring it and giving it up. */
export interface Held {
  readonly lease: PartitionLease;
  /** Its transactional id is the partition's: whoever opens it fences the owner before. */
  readonly producer: TransactionalProducer;
  readonly generation: number;
  /** Offset to go on from; null: the group never committed here. */
  position: number | null;
  metadata: OffsetMetadata;
  /** Where the consumer was last sent to because it stood elsewhere. */
  soughtTo: number | null;
  /** Records of a pending range that came in earlier fetches. */
  buffered: FetchedMessage[];
}

/** One fetched batch of one partition, as deliveries see it. */
export interface FetchedBatch {
  readonly topic: string;
  readonly partition: number;
  /** At or past the held position. */
  readonly messages: readonly FetchedMessage[];
  /** Last offset covered by the fetch, control records included. */
  readonly lastOffset: number;
  /** Offsets to be quarantined unseen, with the reason for a person: a topic does not take what the stage makes of them. */
  readonly tooLarge: ReadonlyMap<number, string> | undefined;
  readonly pipeline: AppliedPipeline;
  readonly signal: AbortSignal;
  /** False once the partition may have gone to another member. */
  owned(): boolean;
  /**
   * False once the group has not heard of this member for a whole session, whether the member knows it or not: it may just
   * have been woken, and another one have had the partition for hours.
   */
  inSession(): boolean;
  /** False once the partition may have gone to another member, or the service stops: begin nothing new. */
  mayGoOn(): boolean;
  /** Tells the consumer that everything up to this offset needs no second fetch. */
  resolve(offset: number): void;
  /** Commits with the generation in which the batch began. @throws OwnershipUnsure when that has ended */
  commit(offset: number, metadata: string): Promise<void>;
}

/** What both kinds of delivery know of the stage that they serve. */
export interface StageSettings {
  readonly decoder: (batch: FetchedBatch) => ValueDecoder | null;
  readonly stage: string;
  readonly attributes: Omit<StageAttributes, 'partition'>;
  readonly maxRecords: number;
  readonly tracer: Tracer;
  readonly metrics: StageMetrics;
}

export interface Delivery {
  /** Works through the batch; returns early, having resolved what is done, when `mayGoOn` turns false. */
  deliver(held: Held, batch: FetchedBatch): Promise<void>;
}

/** Thrown when topics refuse outputs as too large: the batch is handed over again, with `offsets` quarantined unseen. */
export class InputsTooLarge extends Error {
  override readonly name = 'InputsTooLarge';

  /** @param offsets of the inputs, with what to say of each in its quarantine record */
  constructor(readonly offsets: ReadonlyMap<number, string>) {
    super([...offsets.values()][0]);
  }
}

/** Thrown when a quarantine record does not fit into its topic. The partition waits: the topic has to be altered. */
export class QuarantineRefuses extends Error {
  override readonly name = 'QuarantineRefuses';

  constructor({ topic, partition }: OutboundMessage, sizeBytes: number) {
    super(
      `${topic} does not take a quarantine record of about ${sizeBytes} bytes for partition ${partition}: ` +
        `raise its max.message.bytes above that (kafka-configs --alter --topic ${topic} --add-config max.message.bytes=…)`,
    );
  }
}
