import type { OutboundMessage } from '#platform/outcomes';
import { setTimeout as delay } from 'node:timers/promises';
import { halfHours, priceMovements } from './half-hours.js';
import type { TestPipeline } from './test-pipeline.js';

/** Each is some dozen transactions on its way through: most of what a flow costs. */
const PORTIONS_PER_SECOND = 2;
/** Events of each. */
const PORTION = 75;
/** Event time from one event to the next; so fast goes the pipeline's clock. */
const STEP_MS = 50_000;
/** Event time after which a label is known. */
const LABELLED_AFTER_MS = 1_000_000;
/** So many events later its label is published. */
const LABELS_BEHIND = 20;

/** Half-hours and, some events later, whether their prices really went up: published on and on, so that a loop has what it waits for. */
export class LabelledFlow {
  private published = 0;
  private limit = Infinity;
  private readonly ending = new AbortController();
  private readonly flowing: Promise<void>;

  constructor(private readonly pipeline: TestPipeline) {
    this.flowing = this.flow();
    this.flowing.catch(() => undefined); // end() tells
  }

  get count(): number {
    return this.published;
  }

  /** Lets so many more events come, and then none; left out: as many as there are. */
  allow(events = Infinity): void {
    this.limit = this.published + events;
  }

  /** @throws PublishFailed when it broke off */
  async end(): Promise<void> {
    this.ending.abort();
    await this.flowing;
  }

  private async flow(): Promise<void> {
    const { pipeline } = this;
    const { definition, schemaIds } = pipeline.applied;
    const aHalfHour = halfHours(pipeline.name, STEP_MS);
    const wentUp = priceMovements();
    const encodeEvent = pipeline.encoder();
    const encodeLabel = pipeline.codecs.encoderFor(definition.label!.schema, schemaIds.label!);
    const event = (n: number): OutboundMessage => {
      const value = aHalfHour(n);
      return { topic: pipeline.topic('events'), key: value.event_id, value: encodeEvent(value) };
    };
    const label = (n: number): OutboundMessage => {
      const { event_id, at } = aHalfHour(n);
      const value = encodeLabel({ event_id, price_went_up: wentUp(n), known_at: at + LABELLED_AFTER_MS });
      return { topic: pipeline.topic('labels'), key: event_id, value };
    };
    while (!this.ending.signal.aborted) {
      await delay(1_000 / PORTIONS_PER_SECOND);
      const due = Math.min(PORTION, this.limit - this.published);
      if (due <= 0) continue;
      const numbers = Array.from({ length: due }, (_, i) => this.published + i);
      const labelled = numbers.map((n) => n - LABELS_BEHIND).filter((n) => n >= 0);
      await pipeline.publisher.publish([...numbers.map(event), ...labelled.map(label)]);
      this.published += due;
    }
  }
}
