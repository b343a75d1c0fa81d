import { faultRounds } from '#platform/testing';
import { setTimeout as delay } from 'node:timers/promises';
import { halfHours } from './half-hours.js';
import { spoiledStream, type Oracle, type SpoiledStream } from './spoiled-stream.js';
import type { TestPipeline } from './test-pipeline.js';

/** Each is some dozen transactions on its way through: most of what a flow costs. */
export const PORTIONS_PER_SECOND = faultRounds({ small: 4, full: 10 });

export interface FlowOptions {
  readonly seed: number;
  readonly perSecond: number;
  /** Where the flow ends by itself. */
  readonly most: number;
  /** Begins the ids; the pipeline's name by default. Two flows through one pipeline need two. */
  readonly run?: string;
}

/** A spoiled stream that goes on being published while faults happen; how many it was in the end, the oracle knows. */
export class EventFlow {
  readonly stream: SpoiledStream;
  private published = 0;
  private readonly ending = new AbortController();
  private readonly flowing: Promise<void>;

  constructor(
    private readonly pipeline: TestPipeline,
    private readonly options: FlowOptions,
  ) {
    const { seed, most, run = pipeline.name } = options;
    this.stream = spoiledStream(pipeline.topic('events'), most, seed, halfHours(run), pipeline.encoder());
    this.flowing = this.flow();
    this.flowing.catch(() => undefined); // end() tells
  }

  get count(): number {
    return this.published;
  }

  /** Ends the flow. @returns what must become of what was published. @throws PublishFailed when it broke off */
  async end(): Promise<Oracle> {
    this.ending.abort();
    await this.flowing;
    return this.stream.oracleOf(this.published);
  }

  private async flow(): Promise<void> {
    const { perSecond, most } = this.options;
    const portion = Math.ceil(perSecond / PORTIONS_PER_SECOND);
    while (!this.ending.signal.aborted && this.published < most) {
      const to = Math.min(this.published + portion, most);
      await this.pipeline.publisher.publish(this.stream.messages(this.published, to));
      this.published = to;
      await delay(1_000 / PORTIONS_PER_SECOND);
    }
  }
}
