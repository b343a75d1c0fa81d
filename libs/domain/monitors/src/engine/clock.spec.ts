import { clockAt, stepClock, type PartitionReading, type StreamClock } from './clock.js';

const SETTINGS = { idleAfterMs: 10_000, stalledAfterMs: 300_000 };

function reading(position: number, latestMs: number | null, end: number | null = position): PartitionReading {
  return { position, latestMs, end };
}

/** The clock after readings that were taken at the given times. */
function clockAfter(...looks: readonly (readonly [nowMs: number, ...readings: PartitionReading[]])[]): StreamClock {
  return looks.reduce((clock, [nowMs, ...readings]) => stepClock(clock, readings, nowMs, SETTINGS), clockAt(null));
}

describe('the clock of a stream', () => {
  it('shows nothing before the first event', () => {
    expect(clockAfter([0, reading(0, null), reading(0, null)]).clockMs).toBeNull();
  });

  it('shows what all partitions have reached', () => {
    expect(clockAfter([0, reading(5, 700), reading(3, 400)]).clockMs).toBe(400);
  });

  it('is held back by a partition of which nothing is known yet', () => {
    expect(clockAfter([0, reading(5, 700), reading(0, null)]).clockMs).toBeNull();
  });

  it('goes on without a partition to which nothing has come for a while', () => {
    const clock = clockAfter([0, reading(5, 700), reading(0, null)], [10_000, reading(6, 800), reading(0, null)]);
    expect(clock.clockMs).toBe(800);
  });

  it('waits longer for a partition whose records are not in the log yet', () => {
    const behind = reading(2, null, 9);
    expect(clockAfter([0, reading(5, 700), behind], [10_000, reading(6, 800), behind]).clockMs).toBeNull();
    expect(clockAfter([0, reading(5, 700), behind], [300_000, reading(6, 800), behind]).clockMs).toBe(800);
  });

  it('takes the marker of a transaction for no record', () => {
    const marked = reading(2, null, 3);
    expect(clockAfter([0, reading(5, 700), marked], [10_000, reading(6, 800), marked]).clockMs).toBe(800);
  });

  it('does not take a partition for idle of which nobody asked how far it goes', () => {
    const unasked = reading(2, null, null);
    expect(clockAfter([0, reading(5, 700), unasked], [10_000, reading(6, 800), unasked]).clockMs).toBeNull();
  });

  it('shows the latest of all where all are idle', () => {
    const quiet = [reading(5, 700), reading(3, 400)] as const;
    expect(clockAfter([0, ...quiet], [10_000, ...quiet]).clockMs).toBe(700);
  });

  it('never goes back, and waits for a partition that comes late until it has caught up', () => {
    const ahead = clockAfter(
      [0, reading(5, 700), reading(0, null)],
      [10_000, reading(6, 800), reading(0, null)],
      [11_000, reading(7, 900), reading(1, null)], // its event lies before 800: nothing beyond the clock
    );
    expect(ahead.clockMs).toBe(800);
    expect(stepClock(ahead, [reading(7, 900), reading(2, 850)], 12_000, SETTINGS).clockMs).toBe(850);
  });

  it('goes on from where it was recorded, before anything new is known', () => {
    const clock = stepClock(clockAt(500), [reading(5, null), reading(3, 600)], 0, SETTINGS);
    expect(clock.clockMs).toBe(500);
  });

  it('counts idleness anew for each partition that is raised', () => {
    const clock = clockAfter([0, reading(5, 700)], [60_000, reading(6, 800), reading(0, null)]);
    expect(clock.clockMs).toBe(700);
  });
});
