import type { MonitorTick } from '#contracts';
import type { MonitorClock } from '../monitor.js';
import { clockOf } from './schedule.js';

/** Ticks that are remembered: an hour and more of one a second. */
const REMEMBERED = 5_000;

/** Finds the tick at which a clock had passed a time: among the latest ones at once, further back by asking. */
export class TickHistory {
  private readonly recent: MonitorTick[] = [];

  /** @param lookUp finds it in the log; `beforeMs`: -Infinity for the first at which the clock showed anything */
  constructor(private readonly lookUp: (clock: MonitorClock, atLeastMs: number) => Promise<MonitorTick | null>) {}

  get latest(): MonitorTick | null {
    return this.recent.at(-1) ?? null;
  }

  /** Ticks are added in their order. */
  add(tick: MonitorTick): void {
    this.recent.push(tick);
    if (this.recent.length > 2 * REMEMBERED) this.recent.splice(0, REMEMBERED);
  }

  /** The first tick at which the clock showed that time or a later one; null: it has not come. */
  async firstAt(clock: MonitorClock, atLeastMs: number): Promise<MonitorTick | null> {
    const reached = (tick: MonitorTick): boolean => (clockOf(tick, clock) ?? -Infinity) >= atLeastMs;
    if (this.latest === null || !reached(this.latest) || clockOf(this.latest, clock) === null) return null;
    let low = 0;
    let high = this.recent.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (reached(this.recent[middle]!) && clockOf(this.recent[middle]!, clock) !== null) high = middle;
      else low = middle + 1;
    }
    const found = this.recent[low]!;
    // Where the earliest that is remembered has reached it, one before may have.
    return low > 0 || found.tick === FIRST_TICK ? found : this.lookUp(clock, atLeastMs);
  }
}

/** Ticks are counted from here. */
export const FIRST_TICK = 1;
