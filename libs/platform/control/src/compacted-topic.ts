import type { AvroRecordSchema } from '#contracts';
import { ensureTopics, LogReader, type LogRecord, type ValueDecoder } from '#platform/kafka';
import type { AvroCodecs } from '#platform/avro';
import { Retriable } from '#platform/outcomes';
import type { Kafka } from 'kafkajs';
import { setTimeout as delay } from 'node:timers/promises';
import { CONTROL_TOPICS } from './control-topics.js';

export interface CompactedEntry {
  readonly key: string;
  /** Null: removed. */
  readonly value: Record<string, unknown> | null;
}

/** Follows a control topic from its beginning. Entries are handed over in order, one chunk at a time. */
export class CompactedTopic {
  private readonly abort = new AbortController();
  private readonly reader: LogReader;
  private readonly decoder: ValueDecoder;
  private following: Promise<void> | undefined;

  constructor(
    private readonly kafka: Kafka,
    codecs: AvroCodecs,
    private readonly topic: string,
    schema: AvroRecordSchema,
  ) {
    this.reader = new LogReader(kafka);
    this.decoder = codecs.decoderFor(schema);
  }

  /** Resolves once everything that was on the topic has been handed over; then goes on in the background. Waits Kafka and the registry out. */
  async start(
    onEntries: (entries: readonly CompactedEntry[]) => Promise<void>,
    onWaiting: (reason: string) => void,
  ): Promise<void> {
    await this.ensureTopic(onWaiting);
    await new Promise<void>((resolve, reject) => {
      this.following = this.follow(onEntries, onWaiting, resolve).catch((error: unknown) => {
        reject(error as Error);
        if (!this.abort.signal.aborted) onWaiting(`stopped following ${this.topic}: ${String(error)}`);
      });
    });
  }

  async close(): Promise<void> {
    this.abort.abort();
    await this.following;
    await this.reader.close();
  }

  private async follow(
    onEntries: (entries: readonly CompactedEntry[]) => Promise<void>,
    onWaiting: (reason: string) => void,
    caughtUp: () => void,
  ): Promise<void> {
    for await (const records of this.reader.follow(this.topic, 0, 0, this.abort.signal)) {
      if (records.length === 0) caughtUp();
      else await onEntries(await this.decode(records, onWaiting));
    }
    caughtUp();
  }

  private async decode(
    records: readonly LogRecord[],
    onWaiting: (reason: string) => void,
  ): Promise<readonly CompactedEntry[]> {
    const values = records.map(({ value }) => value).filter((value) => value !== null);
    for (;;) {
      try {
        await this.decoder.prefetch(values);
        break;
      } catch (error) {
        if (!(error instanceof Retriable) || this.abort.signal.aborted) throw error;
        onWaiting(error.message);
        await delay(500);
      }
    }
    return records.flatMap(({ key, value }): readonly CompactedEntry[] => {
      if (key === null) return [];
      if (value === null) return [{ key: key.toString(), value: null }];
      const decoded = this.decoder.decode(value);
      if (decoded.ok) return [{ key: key.toString(), value: decoded.value }];
      // Somebody else's record on our topic: services go on with what they can read, and say so.
      onWaiting(`ignored a record of ${this.topic} with key ${key.toString()}: ${decoded.message}`);
      return [];
    });
  }

  private async ensureTopic(onWaiting: (reason: string) => void): Promise<void> {
    const spec = CONTROL_TOPICS.filter(({ topic }) => topic === this.topic);
    for (;;) {
      try {
        // Several services may come up at once; whoever is second finds the topic there.
        await ensureTopics(this.kafka, spec);
        return;
      } catch (error) {
        if (this.abort.signal.aborted) return;
        onWaiting(`Kafka: ${error instanceof Error ? error.message : String(error)}`);
        await delay(500);
      }
    }
  }
}
