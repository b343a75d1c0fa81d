import type { AppliedPipeline, AvroRecordSchema, PipelineDefinition } from '#contracts';
import { topicOf } from '#contracts';
import type { LogRecord, PartitionLease, StageContext, StageRecord, StageResult, ValueDecoder } from '#platform/kafka';
import type { Outcome } from '#platform/outcomes';
import type { EventCodecs } from '../src/ports.js';

/** Events as JSON behind their schema id: what the port promises, without a registry. */
export class JsonCodecs implements EventCodecs {
  decoderFor(): ValueDecoder {
    return {
      prefetch: () => Promise.resolve(),
      decode: (value) => ({
        ok: true,
        schemaId: value![0]!,
        value: JSON.parse(String(value!.subarray(1))) as Record<string, unknown>,
      }),
    };
  }

  encoderFor(_schema: AvroRecordSchema, id: number): (event: unknown) => Buffer {
    return (event) => Buffer.concat([Buffer.of(id), Buffer.from(JSON.stringify(event))]);
  }
}

export type Handler = (records: readonly StageRecord[], context: StageContext) => Promise<StageResult>;

/**
 * One partition of `<p>.events` with its `<p>.validated`, as the transport and the broker keep them: what a transaction
 * wrote and its checkpoint become visible together or not at all, and markers and aborted records take offsets of the log.
 */
export class PartitionLog {
  readonly outcomes: Outcome[] = [];
  readonly log: LogRecord[] = [];
  private nextOffset = 0;
  private checkpoint: unknown = null;
  private lease: PartitionLease | null = null;

  constructor(
    private readonly pipeline: string,
    private readonly chunkSize = 7,
  ) {}

  /** Input records handled so far, i.e. the committed offset. */
  get position(): number {
    return this.outcomes.length;
  }

  /** Hands a batch over in a transaction of its own; `fate` is what becomes of it. */
  async deliver(
    handler: Handler,
    records: readonly StageRecord[],
    applied: AppliedPipeline,
    fate: 'commit' | 'abort' | 'crash after commit',
  ): Promise<void> {
    this.lease ??= this.newLease();
    const context = { pipeline: applied, topic: topicOf(this.pipeline, 'events'), partition: 3, lease: this.lease };
    const { outcomes, checkpoint } = await handler(records, { ...context, signal: new AbortController().signal });
    const messages = outcomes.flatMap((outcome) => (outcome.kind === 'emit' ? outcome.messages : []));
    const first = this.nextOffset;
    this.nextOffset += messages.length;
    const produced = new Map<string, number>();
    if (messages.length > 0) produced.set(`${topicOf(this.pipeline, 'validated')}/3`, first);
    // As it is stored: as JSON in the offset's metadata.
    const stored: unknown = JSON.parse(JSON.stringify(checkpoint!(produced)));
    if (messages.length > 0) this.nextOffset++; // the marker
    if (fate !== 'commit') this.lease = null;
    if (fate === 'abort') return;
    this.outcomes.push(...outcomes);
    this.checkpoint = stored;
    messages.forEach(({ key, value, headers }, index) => {
      const timestampMs = Number.MAX_SAFE_INTEGER;
      this.log.push({
        offset: first + index,
        timestampMs,
        key: Buffer.from(String(key)),
        value,
        headers: headers as LogRecord['headers'],
      });
    });
  }

  private newLease(): PartitionLease {
    const { log, chunkSize } = this;
    return {
      pipeline: this.pipeline,
      topic: topicOf(this.pipeline, 'events'),
      partition: 3,
      checkpoint: this.checkpoint,
      async *readLog(_topic, _partition, fromOffset) {
        const records = log.filter(({ offset }) => offset >= fromOffset);
        for (let at = 0; at < records.length; at += chunkSize) yield records.slice(at, at + chunkSize);
      },
    };
  }
}

export const READING: AvroRecordSchema = {
  type: 'record',
  name: 'Reading',
  namespace: 'test',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'price', type: ['null', 'double'] },
  ],
};

export interface Reading {
  readonly id: string;
  readonly at: number;
  readonly price: number | null;
}

export function aDefinition(change: Partial<PipelineDefinition> = {}): PipelineDefinition {
  return {
    name: 'readings',
    event: { schema: READING, id: 'id', key: 'id', time: 'at' },
    expectations: [],
    dedupeWindowMs: null,
    features: [{ name: 'price', type: 'number', kind: 'field', field: 'price' }],
    model: { task: 'regression', threshold: 0 },
    topics: { partitions: 4, replicationFactor: 1, retentionMs: 1, maxMessageBytes: 1 },
    ...change,
  };
}

export function applied(definition: PipelineDefinition, revision = 1): AppliedPipeline {
  return { definition, revision, sha256: '', appliedAt: '', appliedBy: 'test', schemaIds: { event: 1, prediction: 2 } };
}

export function aRecord(event: Reading, change: Partial<StageRecord> = {}): StageRecord {
  const schemaId = change.schemaId ?? 1;
  return {
    topic: 'readings.events',
    partition: 3,
    offset: 0,
    timestampMs: Date.UTC(2026, 0, 1),
    key: null,
    value: { ...event },
    raw: new JsonCodecs().encoderFor(READING, schemaId)(event),
    schemaId,
    headers: {},
    traceId: '',
    spanContext: undefined,
    ...change,
  };
}
