import { topicOf } from '#contracts';
import type { SeenIds } from '#domain/deduplication';
import type { OutlierReference } from '#domain/expectations';
import type { ProducedOffsets } from '#platform/kafka';
import type { Checkpoint } from './checkpoint.js';
import { LogCoverage } from './log-coverage.js';
import type { Memory } from './memory.js';

type Event = Readonly<Record<string, unknown>>;

/**
 * What validation remembers of one partition: a fold over the events that it accepted, changed in place. It runs ahead
 * of the transaction that commits them; when that fails, the transport gives up the lease and with it this object.
 */
export class PartitionState {
  readonly outliers: OutlierReference;
  /** The checkpoint that was last handed to the transport, or the one restored from. */
  latest: Checkpoint | null = null;
  private readonly ids: SeenIds | null;
  private readonly coverage = new LogCoverage();
  private readonly log: string;
  private watermark = Number.NEGATIVE_INFINITY;
  private pendingEvents = 0;
  private pendingNewestMs = Number.NEGATIVE_INFINITY;

  constructor(
    readonly memory: Memory,
    pipeline: string,
    partition: number,
  ) {
    this.ids = memory.emptyIds();
    this.outliers = memory.emptyOutliers();
    this.log = `${topicOf(pipeline, 'validated')}/${partition}`;
  }

  /** Newest accepted event time, ms since epoch; -Infinity before the first. */
  get watermarkMs(): number {
    return this.watermark;
  }

  hasSeen(event: Event): boolean {
    return this.ids !== null && this.ids.has(this.memory.identity.idOf(event));
  }

  /** @param recordTimestampMs when the event was published: its time moves the watermark no further than that */
  accept(event: Event, recordTimestampMs: number): void {
    const timeMs = this.remember(event);
    this.pendingEvents++;
    this.pendingNewestMs = Math.max(this.pendingNewestMs, timeMs);
    // One event from the future would otherwise make all that follow it late.
    this.moveWatermark(Math.min(timeMs, recordTimestampMs));
  }

  moveWatermark(toMs: number): void {
    if (!(toMs > this.watermark)) return;
    this.watermark = toMs;
    this.ids?.advance(toMs);
  }

  /**
   * Takes in events that the log holds already. Does not move the watermark.
   *
   * @param from offset of the first of them
   * @param to one more than the offset of the last; there may be gaps between
   */
  replay(from: number, to: number, events: readonly Event[]): void {
    let newestMs = Number.NEGATIVE_INFINITY;
    for (const event of events) newestMs = Math.max(newestMs, this.remember(event));
    this.coverage.add(from, events.length, newestMs);
    this.coverage.reach(to);
  }

  /** Called once per transaction, after its events were sent. */
  checkpoint(produced: ProducedOffsets): Checkpoint {
    if (this.pendingEvents > 0) {
      const from = produced.get(this.log);
      if (from === undefined)
        throw new Error(`${this.pendingEvents} events were sent to ${this.log}, but not where to`);
      this.coverage.add(from, this.pendingEvents, this.pendingNewestMs);
      this.pendingEvents = 0;
      this.pendingNewestMs = Number.NEGATIVE_INFINITY;
    }
    const { windowMs, reach, key } = this.memory;
    this.coverage.trim(windowMs === 0 ? Number.POSITIVE_INFINITY : this.watermark - windowMs, reach);
    const watermarkMs = Number.isFinite(this.watermark) ? this.watermark : null;
    return (this.latest = { watermarkMs, from: this.coverage.from, to: this.coverage.to, memory: key });
  }

  private remember(event: Event): number {
    const { idOf, timeMsOf } = this.memory.identity;
    const timeMs = timeMsOf(event);
    this.ids?.accept(idOf(event), timeMs);
    this.outliers.accept(event);
    return timeMs;
  }
}
