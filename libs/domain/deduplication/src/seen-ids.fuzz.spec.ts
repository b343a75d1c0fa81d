import fc from 'fast-check';
import { SeenIds } from './seen-ids.js';

const RUNS = fc.readConfigureGlobal().numRuns ?? 100;

interface Arrival {
  readonly id: string;
  readonly timeMs: number;
  /** When it was published: the watermark goes no further. */
  readonly publishedMs: number;
}

/** The definition in a few lines: all that was ever accepted, and one watermark. */
function naively(windowMs: number, arrivals: readonly Arrival[]): readonly boolean[] {
  const remembered = new Map<string, number>();
  let watermarkMs = Number.NEGATIVE_INFINITY;
  return arrivals.map(({ id, timeMs, publishedMs }) => {
    const last = remembered.get(id);
    if (last !== undefined && last >= watermarkMs - windowMs) return false;
    if (timeMs >= watermarkMs - windowMs) remembered.set(id, timeMs);
    watermarkMs = Math.max(watermarkMs, Math.min(timeMs, publishedMs));
    return true;
  });
}

function folded(windowMs: number, arrivals: readonly Arrival[]): readonly boolean[] {
  const seen = new SeenIds(windowMs);
  return arrivals.map(({ id, timeMs, publishedMs }) => {
    if (seen.has(id)) return false;
    seen.accept(id, timeMs);
    seen.advance(Math.min(timeMs, publishedMs));
    return true;
  });
}

/** Times at which windows and their thirty-seconds begin and end, exactly, one millisecond before and one after. */
const atEdges = (windowMs: number) =>
  fc
    .tuple(fc.integer({ min: -3, max: 6 }), fc.integer({ min: -2, max: 34 }), fc.constantFrom(-1, 0, 0, 1))
    .map(([windows, slices, by]) => windows * windowMs + slices * Math.max(1, Math.ceil(windowMs / 32)) + by);

describe('which events are new', () => {
  it('is the same as when nothing is ever forgotten, at every edge of the window', () => {
    const run = fc.constantFrom(1, 2, 31, 32, 33, 100, 3_600_000).chain((windowMs) =>
      fc.record({
        windowMs: fc.constant(windowMs),
        arrivals: fc.array(
          fc.record({
            id: fc.constantFrom('a', 'b', 'c', 'd', '__proto__', ''),
            timeMs: atEdges(windowMs),
            publishedMs: fc.oneof(fc.constant(Number.MAX_SAFE_INTEGER), atEdges(windowMs)),
          }),
          { maxLength: 60, size: 'max' },
        ),
      }),
    );
    fc.assert(
      fc.property(run, ({ windowMs, arrivals }) => {
        expect(folded(windowMs, arrivals)).toEqual(naively(windowMs, arrivals));
      }),
      { numRuns: 10 * RUNS },
    );
  });
});
