import { ALERT_SCHEMA, topicOf, type AlertEvidence, type AlertRecord } from '#contracts';
import type { SeenAlert } from '#domain/rollout';
import type { AvroCodecs } from '#platform/avro';
import type { LogReader, ValueDecoder } from '#platform/kafka';

export interface AlertsOnTopic {
  /** Changes of alerts that the loop has not passed yet, by partition in their order. */
  readonly alerts: readonly SeenAlert[];
  /** How far they reach: by partition, where the topic ended when it was read. */
  readonly offsets: readonly number[];
}

/** What of one pipeline's alerts its loop has not passed. Each record is read once; those that are passed are forgotten. */
export class AlertInbox {
  private readonly topic: string;
  private readonly decoder: ValueDecoder;
  private held: readonly SeenAlert[] = [];
  private offsets: readonly number[] = [];

  constructor(
    pipeline: string,
    private readonly reader: LogReader,
    codecs: AvroCodecs,
    private readonly onUnreadable: (message: string) => void,
  ) {
    this.topic = topicOf(pipeline, 'alerts');
    this.decoder = codecs.decoderFor(ALERT_SCHEMA);
  }

  /**
   * @param passed offsets up to which the loop has passed, by partition
   * @throws what kafkajs throws while Kafka is away; Retriable while the schema registry is
   */
  async look(passed: readonly number[]): Promise<AlertsOnTopic> {
    const from = (partition: number): number => Math.max(this.offsets[partition] ?? 0, passed[partition] ?? 0);
    const ends = await this.reader.ends(this.topic);
    const found = this.held.filter(({ partition, offset }) => offset >= (passed[partition] ?? 0));
    for (const { partition, high } of ends) {
      for await (const records of this.reader.read(this.topic, partition, from(partition), high)) {
        await this.decoder.prefetch(records.flatMap(({ value }) => (value === null ? [] : [value])));
        for (const { value, offset } of records) {
          const alert = value === null ? undefined : this.toAlert(value, partition, offset);
          if (alert !== undefined) found.push({ partition, offset, alert });
        }
      }
    }
    this.offsets = ends.map(({ partition, high }) => Math.max(high, from(partition)));
    this.held = found;
    return { alerts: this.held, offsets: this.offsets };
  }

  /** Anybody may write there. */
  private toAlert(value: Buffer, partition: number, offset: number): AlertRecord | undefined {
    const decoded = this.decoder.decode(value);
    try {
      if (!decoded.ok) throw new Error(decoded.message);
      const { evidence, ...rest } = decoded.value as unknown as AlertRecord & { readonly evidence: string };
      return { ...rest, evidence: JSON.parse(evidence) as AlertEvidence };
    } catch (error) {
      this.onUnreadable(`ignored the record ${partition}/${offset} of ${this.topic}: ${(error as Error).message}`);
      return undefined;
    }
  }
}
