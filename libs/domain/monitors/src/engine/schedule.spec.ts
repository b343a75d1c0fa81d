import type { MonitorDefinition } from '#contracts';
import { dueAt, dueEnds, lastDueEnd, scheduleOf, windowEnding } from './schedule.js';

const EVERY_MINUTE = { everyMs: 60_000, windowMs: 300_000, lagMs: 5_000, delayMs: 0 };

describe('a schedule', () => {
  it('has windows end at multiples of its step, and due once the clock has passed them by what partitions may trail', () => {
    expect(lastDueEnd(124_999, EVERY_MINUTE)).toBe(60_000);
    expect(lastDueEnd(125_000, EVERY_MINUTE)).toBe(120_000);
    expect(dueAt(120_000, EVERY_MINUTE)).toBe(125_000);
  });

  it('reaches before 1970', () => {
    expect(lastDueEnd(-1, EVERY_MINUTE)).toBe(-60_000);
  });

  it('looks back over its window', () => {
    expect(windowEnding(600_000, EVERY_MINUTE)).toEqual({ startMs: 300_000, endMs: 600_000 });
  });

  it('tells what has become due since', () => {
    expect(dueEnds(EVERY_MINUTE, 60_000, 310_000)).toEqual({ fromMs: 60_000, toMs: 300_000 });
    expect(dueEnds(EVERY_MINUTE, 300_000, 310_000)).toBeUndefined();
    expect(dueEnds(EVERY_MINUTE, 300_000, 10_000)).toBeUndefined();
  });

  it('knows how far back the rows of a monitor lie that waits for labels', () => {
    const common = { everyMs: 60_000, windowMs: 60_000 };
    const waiting = { ...common, kind: 'performance', delayMs: 600_000 } as MonitorDefinition;
    expect(scheduleOf(waiting, { graceMs: 5_000 })).toEqual({ ...common, lagMs: 5_000, delayMs: 600_000 });
    expect(scheduleOf({ ...common, kind: 'anomalies' } as MonitorDefinition, { graceMs: 5_000 }).delayMs).toBe(0);
  });
});
