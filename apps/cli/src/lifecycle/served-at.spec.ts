import type { LifecycleChange, LifecycleEvent } from '#contracts';
import { servedAt, servedAtQuery } from './served-at.js';

const START = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;

/** One event a minute; `clock` in days of the data, null: not known. */
function events(
  ...told: readonly (readonly [LifecycleChange['kind'], string | null, string | null, number, number | null])[]
): readonly LifecycleEvent[] {
  return told.map(([kind, champion, challenger, share, day], index) => ({
    pipeline: 'readings',
    sequence: index + 1,
    change: { kind } as LifecycleChange,
    at: START + index * MINUTE,
    clock: day === null ? null : Date.UTC(1997, 0, day),
    run: null,
    rollout: null,
    version: null,
    ...{ champion, challenger, share, by: 'ann', summary: `${kind} ${index + 1}`, evidence: {} },
  }));
}

const STORY = events(
  ['version_registered', null, null, 0, null],
  ['champion_set', '1', null, 0, 1],
  ['run_requested', '1', null, 0, 5],
  ['rollout_started', '1', '2', 0, 6],
  ['guards_looked', '1', '2', 0, 7],
  ['step_entered', '1', '2', 0.05, 8],
  ['paused', '1', '2', 0.05, null],
  ['rolled_back', '1', null, 0, null],
  ['champion_set', '3', null, 0, 10],
);
const at = (minute: number) => servedAt(STORY, START + minute * MINUTE, 'wall');
const onDay = (day: number) => servedAt(STORY, Date.UTC(1997, 0, day), 'event');

describe('what served at a time', () => {
  it('is nothing before the first', () => {
    expect(servedAt([], START, 'wall')).toBeNull();
    expect(at(-1)).toBeNull();
    expect(at(0)).toBeNull();
    expect(onDay(0)).toBeNull();
  });

  it('is what the last change before it says, and that says since when and why', () => {
    expect(at(1)).toEqual({
      champion: '1',
      challenger: null,
      share: 0,
      since: START + MINUTE,
      sinceClock: Date.UTC(1997, 0, 1),
      by: 'ann',
      why: 'champion_set 2',
      kind: 'champion_set',
      sequence: 2,
    });
    expect(at(2.5)).toMatchObject({ champion: '1', sequence: 2 });
    expect(at(4)).toMatchObject({ champion: '1', challenger: '2', share: 0, sequence: 4 });
    expect(at(6)).toMatchObject({ challenger: '2', share: 0.05, sequence: 6 });
    expect(at(7)).toMatchObject({ champion: '1', challenger: null, kind: 'rolled_back' });
    expect(at(1_000)).toMatchObject({ champion: '3' });
  });

  it("may be asked by the data's time; what has none has that of the one before", () => {
    expect(onDay(1)).toMatchObject({ champion: '1', challenger: null });
    expect(onDay(7)).toMatchObject({ challenger: '2', share: 0 });
    expect(onDay(8)).toMatchObject({ champion: '1', challenger: null, kind: 'rolled_back' });
    expect(onDay(10)).toMatchObject({ champion: '3' });
  });

  it('is one query of ClickHouse too, in which names are quoted', () => {
    const query = servedAtQuery("it's", 1_700_000_000_000, 'event');
    expect(query).toContain("pipeline = 'it\\'s'");
    expect(query).toContain("clock_then <= fromUnixTimestamp64Milli(1700000000000, 'UTC')");
    expect(servedAtQuery('a', 1, 'wall')).not.toContain('clock_then');
  });
});
