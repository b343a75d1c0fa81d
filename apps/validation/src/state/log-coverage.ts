/** A stretch of `<p>.validated`. */
interface Stretch {
  /** Offset of its first event; every event of the stretch is at or behind it. */
  readonly from: number;
  events: number;
  newestMs: number;
}

/** Stretches are joined up to this many events: the list stays short however small the batches are. */
const EVENTS_PER_STRETCH = 32;

/** Knows from which offset of the log the state can be rebuilt: a list of stretches, the oldest dropped once not needed. */
export class LogCoverage {
  private readonly stretches: Stretch[] = [];
  private events = 0;
  private end = 0;

  /** Offset from which the log must be read. */
  get from(): number {
    return this.stretches[0]?.from ?? this.end;
  }

  /** One more than the offset of the last event; a reader that ends before it has not seen all. */
  get to(): number {
    return this.end;
  }

  /**
   * @param from offset of the first of the events; the others follow it
   * @param newestMs newest event time among them
   */
  add(from: number, events: number, newestMs: number): void {
    if (events === 0) return;
    this.events += events;
    this.reach(from + events);
    const last = this.stretches.at(-1);
    if (last !== undefined && last.events + events <= EVENTS_PER_STRETCH) {
      last.events += events;
      last.newestMs = Math.max(last.newestMs, newestMs);
      return;
    }
    this.stretches.push({ from, events, newestMs });
  }

  /** The log was read or written up to this offset, whatever lies there: aborted events and commit markers take offsets too. */
  reach(end: number): void {
    this.end = Math.max(this.end, end);
  }

  /** Drops the oldest stretches that hold neither an event at or after `horizonMs` nor one of the last `reach` events. */
  trim(horizonMs: number, reach: number): void {
    let dropped = 0;
    for (const { events, newestMs } of this.stretches) {
      if (newestMs >= horizonMs || this.events - events < reach) break;
      this.events -= events;
      dropped++;
    }
    if (dropped > 0) this.stretches.splice(0, dropped);
  }
}
