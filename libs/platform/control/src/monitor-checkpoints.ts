import { MONITOR_CHECKPOINT_SCHEMA, MONITORS_TOPIC, valueSubjectOf } from '#contracts';
import type { AvroCodecs, SchemaRegistryClient } from '#platform/avro';
import { readPartition } from '#platform/kafka';
import type { OutboundMessage } from '#platform/outcomes';
import type { Kafka } from 'kafkajs';

/** How far a pipeline's monitors are. */
export interface MonitorCheckpoint {
  readonly pipeline: string;
  readonly tick: number;
  /** Wall clock, ms. */
  readonly writtenAtMs: number;
  /** JSON-safe. */
  readonly state: unknown;
}

/** Checkpoints on `eddyline.monitors`: to be published together with what they have led to. */
export class MonitorCheckpoints {
  constructor(
    private readonly kafka: Kafka,
    private readonly registry: SchemaRegistryClient,
    private readonly codecs: AvroCodecs,
  ) {}

  /** @throws Retriable when the schema registry is away */
  async toMessage({ pipeline, tick, writtenAtMs, state }: MonitorCheckpoint): Promise<OutboundMessage> {
    const id = await this.registry.register(valueSubjectOf(MONITORS_TOPIC), MONITOR_CHECKPOINT_SCHEMA);
    const encode = this.codecs.encoderFor(MONITOR_CHECKPOINT_SCHEMA, id);
    const value = encode({ pipeline, tick, written_at: writtenAtMs, state: JSON.stringify(state) });
    return { topic: MONITORS_TOPIC, partition: 0, key: pipeline, value };
  }

  /**
   * The pipeline's last one; null: there is none. To be read by whoever has opened the pipeline's publisher, so that nobody
   * writes another one meanwhile.
   *
   * @throws Retriable when the schema registry is away
   */
  async read(pipeline: string): Promise<MonitorCheckpoint | null> {
    const decoder = this.codecs.decoderFor(MONITOR_CHECKPOINT_SCHEMA);
    let last: Buffer | null = null;
    for await (const records of readPartition(this.kafka, MONITORS_TOPIC, 0, 0)) {
      for (const { key, value } of records) if (key?.toString() === pipeline) last = value;
    }
    if (last === null) return null;
    await decoder.prefetch([last]);
    const decoded = decoder.decode(last);
    if (!decoded.ok) throw new Error(`the checkpoint of ${pipeline} on ${MONITORS_TOPIC}: ${decoded.message}`);
    const { tick, written_at, state } = decoded.value;
    return {
      pipeline,
      tick: Number(tick),
      writtenAtMs: Number(written_at),
      state: JSON.parse(state as string) as unknown,
    };
  }
}
