import type { MonitorTick } from '#contracts';
import { FIRST_TICK, TickHistory } from './tick-history.js';

function tick(number: number, eventsClock: number | null, labelsClock: number | null = null): MonitorTick {
  return {
    tick: number,
    eventsClock,
    labelsClock,
    cut: { predictions: [], outcomes: [], quarantine: [] },
    tickedAt: 0,
  };
}

const ASKED = tick(999, 0);

function historyOf(...ticks: readonly MonitorTick[]): TickHistory {
  const history = new TickHistory(() => Promise.resolve(ASKED));
  for (const one of ticks) history.add(one);
  return history;
}

describe('the history of ticks', () => {
  it('finds the first at which the clock showed a time', async () => {
    const history = historyOf(tick(FIRST_TICK, 100), tick(2, 200), tick(3, 200, 50), tick(4, 300, 60));
    expect((await history.firstAt('events', 150))?.tick).toBe(2);
    expect((await history.firstAt('events', 200))?.tick).toBe(2);
    expect((await history.firstAt('events', -Infinity))?.tick).toBe(1);
  });

  it('knows nothing of a time that has not come', async () => {
    expect(await historyOf(tick(FIRST_TICK, 100)).firstAt('events', 101)).toBeNull();
    expect(await historyOf(tick(FIRST_TICK, 100)).firstAt('labels', -Infinity)).toBeNull();
    expect(await historyOf().firstAt('events', 0)).toBeNull();
  });

  it('finds by the clock of labels, which may begin later', async () => {
    const history = historyOf(tick(FIRST_TICK, 100), tick(2, 200), tick(3, 200, 50));
    expect((await history.firstAt('labels', -Infinity))?.tick).toBe(3);
  });

  it('asks where one that it does not remember may have been first', async () => {
    const history = historyOf(tick(7, 700), tick(8, 800));
    expect(await history.firstAt('events', 650)).toBe(ASKED);
    expect((await history.firstAt('events', 750))?.tick).toBe(8);
  });

  it('forgets what lies far back, and asks for it', async () => {
    const history = historyOf(...Array.from({ length: 30_000 }, (_, n) => tick(n + 1, n * 10)));
    expect(await history.firstAt('events', 10)).toBe(ASKED);
    expect((await history.firstAt('events', 299_000))?.tick).toBe(29_901);
  });
});
