import kafkajs, { type Producer } from 'kafkajs';
import { setTimeout as delay } from 'node:timers/promises';
import type { HalfHour } from './half-hours.js';
import type { TestPipeline } from './test-pipeline.js';

/** kafkajs groups the messages of a send by partition in quadratic time: few of each partition. */
const PER_PARTITION = 500;

/** Events 0, 1, 2, … straight to Kafka, as fast as asked for, spread evenly over the partitions. */
export class Flood {
  private readonly producer: Producer;
  private readonly topic: string;
  private readonly partitions: number;
  private readonly encode: (event: HalfHour) => Buffer;
  private sent = 0;

  private constructor(
    pipeline: TestPipeline,
    private readonly event: (n: number) => HalfHour,
  ) {
    this.producer = pipeline.kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    this.topic = pipeline.topic('events');
    this.partitions = pipeline.applied.definition.topics.partitions;
    this.encode = pipeline.encoder();
  }

  static async open(pipeline: TestPipeline, event: (n: number) => HalfHour): Promise<Flood> {
    const flood = new Flood(pipeline, event);
    await flood.producer.connect();
    return flood;
  }

  /** Events that Kafka has acknowledged. */
  get count(): number {
    return this.sent;
  }

  /** Sends as many events, at once. */
  async burst(events: number): Promise<void> {
    for (const end = this.sent + events; this.sent < end;) await this.send(end);
  }

  /** Sends so many events a second until all were sent; where Kafka takes them more slowly it lasts longer. */
  async pour(perSecond: number, seconds: number): Promise<void> {
    const [first, started] = [this.sent, performance.now()];
    const end = first + perSecond * seconds;
    while (this.sent < end) {
      const due = Math.min(end, first + Math.floor(((performance.now() - started) / 1_000) * perSecond));
      if (due - this.sent >= this.partitions) await this.send(due);
      else await delay(10);
    }
  }

  async close(): Promise<void> {
    await this.producer.disconnect();
  }

  private async send(end: number): Promise<void> {
    const count = Math.min(end - this.sent, PER_PARTITION * this.partitions);
    const messages = Array.from({ length: count }, (_, index) => {
      const event = this.event(this.sent + index);
      return { key: event.event_id, value: this.encode(event), partition: (this.sent + index) % this.partitions };
    });
    await this.producer.sendBatch({
      acks: -1,
      compression: kafkajs.CompressionTypes.ZSTD,
      topicMessages: [{ topic: this.topic, messages }],
    });
    this.sent += count;
  }
}
