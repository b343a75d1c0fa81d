import type { SpanContext } from '@opentelemetry/api';
import type { AppliedPipeline, AvroRecordSchema, PipelineStream, QuarantineReason } from '#contracts';
import type { Outcome } from '#platform/outcomes';

/** One decoded record of a batch. */
export interface StageRecord<T = Record<string, unknown>> {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Kafka record timestamp, ms since epoch. */
  readonly timestampMs: number;
  readonly key: Buffer | null;
  /** The decoded value; the untouched bytes for a handler with `decode: false`. */
  readonly value: T;
  /** The bytes as they came (wire format); pass them on unchanged where the value did not change. */
  readonly raw: Buffer;
  /** Writer schema id; -1 with `decode: false`. */
  readonly schemaId: number;
  readonly headers: Readonly<Record<string, Buffer | undefined>>;
  /** Trace id of the record when it is sampled, else empty. */
  readonly traceId: string;
  /** Context of this stage's own span for the record, or of what came with it when there is none; undefined without either. */
  readonly spanContext: SpanContext | undefined;
}

/** Where the outputs of a transaction landed: first offset per `<topic>/<partition>`. */
export type ProducedOffsets = ReadonlyMap<string, number>;

/**
 * One acquisition of one partition by this process. A new object for each acquisition: state that hangs on it (a
 * WeakMap keyed by the lease) is dropped when the partition moves or a transaction fails, and is then restored.
 */
export interface PartitionLease {
  readonly pipeline: string;
  readonly topic: string;
  readonly partition: number;
  /** The checkpoint that the last committed batch left, or null. */
  readonly checkpoint: unknown;
  /**
   * Reads a partition's committed records from `fromOffset` to its end at the time of the call, in order, in chunks.
   * Used to restore state from the stage's own outputs.
   */
  readLog(topic: string, partition: number, fromOffset: number): AsyncIterable<readonly LogRecord[]>;
}

export interface LogRecord {
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | undefined>>;
}

export interface StageContext {
  readonly pipeline: AppliedPipeline;
  readonly topic: string;
  readonly partition: number;
  readonly lease: PartitionLease;
  /** Aborted when the partition is being given up or the service stops. */
  readonly signal: AbortSignal;
}

/** What a transactional handler returns: one outcome per record, in the order of the records. */
export interface StageResult {
  readonly outcomes: readonly Outcome[];
  /**
   * JSON-safe, small (offset metadata holds 4 KiB); stored with the offset in the same transaction and found again as
   * `lease.checkpoint`. Called after the outputs were sent, so that it may name their offsets.
   */
  readonly checkpoint?: (produced: ProducedOffsets) => unknown;
}

/** A handler of `delivery: 'transaction'`: topic → topic, exactly once. */
export type TransactionHandler<T = Record<string, unknown>> = (
  records: readonly StageRecord<T>[],
  context: StageContext,
) => Promise<StageResult>;

/** Half-open range of offsets, always re-formed identically after a crash, with the token that stands for it. */
export interface IntentRange {
  readonly start: number;
  readonly end: number;
  /** `<topic>-<partition>-<start>-<end>`: the deduplication token for whatever the handler writes. */
  readonly token: string;
  /** An earlier attempt, here or elsewhere, may have written all of it, a part, or nothing. */
  readonly repeated: boolean;
}

/** A handler of `delivery: 'intent'`: topic → outside store. Resolves when durable; must be a pure function of the records. */
export type IntentHandler<T = Record<string, unknown>> = (
  records: readonly StageRecord<T>[],
  context: StageContext & { readonly range: IntentRange },
) => Promise<void>;

export interface BatchHandlerOptions {
  /** Which of the pipeline's topics is consumed. */
  readonly from: PipelineStream;
  /** Consumed only of pipelines that have this topic as well. */
  readonly beside?: PipelineStream;
  readonly delivery: 'transaction' | 'intent';
  /** Most records handed over at once. Default 1000 for transactions, 10,000 for intents. */
  readonly maxRecords?: number;
  /** Stage name in quarantine headers and metrics. Default: the service's name. */
  readonly stage?: string;
  /**
   * Schema as which values are read (writer schemas are resolved to it). Default: what the stream holds, the event for
   * `events` and `validated`. `false`: hand over bytes, as for `quarantine`.
   */
  readonly decode?: false;
}

/** Decodes wire-format values; one implementation in `#platform/avro`. */
export interface ValueDecoder {
  /** Loads the writer schemas that `values` name and that are not known yet. Throws Retriable when the registry is away. */
  prefetch(values: readonly (Buffer | null)[]): Promise<void>;
  /** Synchronous; every id must have been prefetched. */
  decode(value: Buffer | null): DecodedValue;
}

export type DecodedValue =
  | { readonly ok: true; readonly value: Record<string, unknown>; readonly schemaId: number }
  | { readonly ok: false; readonly reason: QuarantineReason; readonly message: string };

export interface DecoderFactory {
  /** A decoder that resolves every writer schema to `reader`. Cheap to call again with the same schema. */
  decoderFor(reader: AvroRecordSchema): ValueDecoder;
}

/** A broker answers when it has so much, or has waited so long; left out: at once. */
export interface FetchPatience {
  readonly minBytes: number;
  readonly maxWaitMs: number;
}
