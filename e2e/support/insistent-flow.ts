import { Publisher, PublishFailed } from '#platform/kafka';
import { setTimeout as delay } from 'node:timers/promises';
import { PORTIONS_PER_SECOND } from './event-flow.js';
import { halfHours } from './half-hours.js';
import { spoiledStream, type Oracle, type SpoiledStream } from './spoiled-stream.js';
import type { TestPipeline } from './test-pipeline.js';

/** Short, so that an outage makes outcomes unknown: what came to the topic after all is then sent a second time. */
const DEADLINE_MS = 3_000;

export interface InsistentFlowOptions {
  readonly seed: number;
  readonly perSecond: number;
  /** Where the flow ends by itself. */
  readonly most: number;
}

/**
 * A spoiled stream whose publisher does not give up: what Kafka did not acknowledge is sent again with the same ids, as
 * `PublishFailed` asks for, until it does. How often each event came to the topic then, the topic itself tells.
 */
export class InsistentFlow {
  private readonly stream: SpoiledStream;
  private readonly publisher: Publisher;
  private readonly ending = new AbortController();
  private readonly flowing: Promise<void>;
  private published = 0;
  private unknown = 0;
  private abandoned = false;

  constructor(
    private readonly pipeline: TestPipeline,
    private readonly options: InsistentFlowOptions,
  ) {
    const { seed, most } = options;
    this.publisher = new Publisher(pipeline.kafka, { deadlineMs: DEADLINE_MS });
    this.stream = spoiledStream(pipeline.topic('events'), most, seed, halfHours(pipeline.name), pipeline.encoder());
    this.flowing = this.flow();
    this.flowing.catch(() => undefined); // end() tells
  }

  /** Messages that Kafka acknowledged. */
  get acknowledged(): number {
    return this.published;
  }

  /** Sends whose outcome stayed unknown, and that were repeated. */
  get repeatedSends(): number {
    return this.unknown;
  }

  /** Ends the flow once Kafka has acknowledged all that was begun. */
  async end(): Promise<void> {
    this.ending.abort();
    await this.flowing;
    await this.publisher.close(); // sends that nobody waited for any more may still land; after this none does
  }

  /** Ends the flow wherever it stands: for `afterAll`, when the test failed. */
  abandon(): void {
    this.abandoned = true;
    this.ending.abort();
  }

  /**
   * What must become of everything that came to the topic. Call it after `end`.
   * @throws Error when an event is not there that Kafka acknowledged
   */
  async oracle(): Promise<Oracle> {
    const copies = new Map<string, number>();
    for (const { key } of await this.pipeline.read('events')) {
      const id = key!.toString();
      copies.set(id, (copies.get(id) ?? 0) + 1);
    }
    const due = new Map<string, number>();
    for (const { key } of this.stream.messages(0, this.published)) {
      due.set(String(key), (due.get(String(key)) ?? 0) + 1);
    }
    const missing = [...due].filter(([id, count]) => (copies.get(id) ?? 0) < count).map(([id]) => id);
    if (missing.length > 0) throw new Error(`acknowledged and not on the topic: ${missing.length}, ${missing[0]}`);
    return this.stream.oracleOfCopies(copies);
  }

  private async flow(): Promise<void> {
    const { perSecond, most } = this.options;
    const portion = Math.ceil(perSecond / PORTIONS_PER_SECOND);
    while (!this.ending.signal.aborted && this.published < most) {
      const to = Math.min(this.published + portion, most);
      await this.publish(this.published, to);
      this.published = to;
      await delay(1_000 / PORTIONS_PER_SECOND);
    }
  }

  private async publish(from: number, to: number): Promise<void> {
    for (;;) {
      try {
        await this.publisher.publish(this.stream.messages(from, to));
        return;
      } catch (error) {
        if (!(error instanceof PublishFailed) || error.code === 'too_large') throw error;
        if (this.abandoned) throw error;
        this.unknown++;
        await delay(100);
      }
    }
  }
}
