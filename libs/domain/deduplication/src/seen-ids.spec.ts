import fc from 'fast-check';
import { SeenIds } from './seen-ids.js';

interface Event {
  readonly id: string;
  readonly timeMs: number;
}

/** The definition, without any forgetting. */
class NaiveSeenIds {
  private readonly events: Event[] = [];
  private watermarkMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly windowMs: number) {}

  has(id: string): boolean {
    const last = this.events.findLast((event) => event.id === id);
    return last !== undefined && last.timeMs >= this.watermarkMs - this.windowMs;
  }

  accept(event: Event): void {
    if (event.timeMs >= this.watermarkMs - this.windowMs) this.events.push(event);
    this.watermarkMs = Math.max(this.watermarkMs, event.timeMs);
  }
}

interface Fold {
  has(id: string): boolean;
  accept(event: Event): void;
}

function folding(windowMs: number): Fold & { readonly seen: SeenIds } {
  const seen = new SeenIds(windowMs);
  return {
    seen,
    has: (id) => seen.has(id),
    accept: ({ id, timeMs }) => {
      seen.accept(id, timeMs);
      seen.advance(timeMs);
    },
  };
}

/** @returns the events that were new */
function deduplicate(fold: Fold, events: readonly Event[]): readonly Event[] {
  return events.filter((event) => {
    if (fold.has(event.id)) return false;
    fold.accept(event);
    return true;
  });
}

const event = fc.record({
  id: fc.integer({ min: 0, max: 15 }).map((n) => `event-${n}`),
  timeMs: fc.integer({ min: -500, max: 2_000 }),
});
const events = fc.array(event, { maxLength: 100, size: 'max' });
const windowMs = fc.integer({ min: 1, max: 700 });

describe('SeenIds', () => {
  it('decides as if nothing were ever forgotten', () => {
    fc.assert(
      fc.property(windowMs, events, (window, all) => {
        expect(deduplicate(folding(window), all)).toEqual(deduplicate(new NaiveSeenIds(window), all));
      }),
      { numRuns: 400 },
    );
  });

  it('decides the same when rebuilt from what was accepted', () => {
    fc.assert(
      fc.property(windowMs, events, events, (window, before, after) => {
        const uninterrupted = folding(window);
        const accepted = deduplicate(uninterrupted, before);
        const rebuilt = folding(window);
        for (const one of accepted) rebuilt.accept(one);
        expect(deduplicate(rebuilt, after)).toEqual(deduplicate(uninterrupted, after));
      }),
      { numRuns: 400 },
    );
  });

  it('keeps no more than the window and a slice', () => {
    const { seen, accept } = folding(3_200);
    for (let timeMs = 0; timeMs < 200_000; timeMs += 10) accept({ id: `at-${timeMs}`, timeMs });
    // 320 events lie in the window, 10 in a slice.
    expect(seen.size).toBeGreaterThanOrEqual(320);
    expect(seen.size).toBeLessThanOrEqual(331);
  });

  it('remembers up to the last millisecond of the window', () => {
    const fold = folding(100);
    fold.accept({ id: 'a', timeMs: 1_000 });
    fold.accept({ id: 'b', timeMs: 1_100 });
    expect(fold.has('a')).toBe(true);
    fold.accept({ id: 'c', timeMs: 1_101 });
    expect(fold.has('a')).toBe(false);
    expect(fold.has('b')).toBe(true);
  });
});
