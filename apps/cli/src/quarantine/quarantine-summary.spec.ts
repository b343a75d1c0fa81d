import { HEADER } from '#contracts';
import { aQuarantined } from '../../test/quarantine-builders.js';
import { NewestEntries } from './newest-entries.js';
import { toQuarantineEntry, type QuarantineEntry } from './quarantine-entry.js';
import { matches } from './quarantine-filter.js';
import { OTHER_GROUPS, QuarantineSummary } from './quarantine-summary.js';

function anEntry(offset: number, at: string, reason = 'range'): QuarantineEntry {
  const headers = {
    [HEADER.quarantineAt]: at,
    [HEADER.quarantineReason]: reason,
    [HEADER.quarantineMessage]: `says ${offset}`,
  };
  return toQuarantineEntry(0, aQuarantined(offset, headers));
}

const ENTRIES = [
  anEntry(0, '2026-01-01T10:00:00.000Z'),
  anEntry(1, '2026-01-02T10:00:00.000Z'),
  anEntry(2, '2026-01-02T09:00:00.000Z'),
  anEntry(3, '2026-01-02T11:00:00.000Z', 'late'),
];

describe('QuarantineSummary', () => {
  it('counts by reason, the most first, with the newest as the example', () => {
    const summary = new QuarantineSummary('reason');
    for (const entry of ENTRIES) summary.add(entry, entry.offset === 0);
    expect(summary.rows()).toEqual([
      {
        group: 'range',
        count: 3,
        notReplayed: 2,
        bytes: 18,
        firstMs: Date.UTC(2026, 0, 1, 10),
        lastMs: Date.UTC(2026, 0, 2, 10),
        example: 'says 1',
      },
      expect.objectContaining({ group: 'late', count: 1, example: 'says 3' }),
    ]);
  });

  it('counts by UTC day, in their order', () => {
    const summary = new QuarantineSummary('day');
    for (const entry of ENTRIES) summary.add(entry, false);
    expect(summary.rows().map(({ group, count }) => [group, count])).toEqual([
      ['2026-01-01', 1],
      ['2026-01-02', 3],
    ]);
  });

  it('stays small whatever reasons somebody writes', () => {
    const summary = new QuarantineSummary('reason');
    for (let n = 0; n < 3_000; n++) summary.add(anEntry(n, '2026-01-01T10:00:00.000Z', `reason-${n}`), false);
    expect(summary.rows()).toHaveLength(1_001);
    expect(summary.rows()[0]).toMatchObject({ group: OTHER_GROUPS, count: 2_000 });
    expect(summary.total).toBe(3_000);
  });
});

describe('NewestEntries', () => {
  it('keeps the newest, in the order in which they were refused', () => {
    const newest = new NewestEntries(2);
    for (const entry of ENTRIES) newest.add(entry, false);
    expect(newest.list().map(({ id }) => id)).toEqual(['0-1', '0-3']);
  });

  it('keeps all where there are fewer', () => {
    const newest = new NewestEntries(10);
    for (const entry of ENTRIES) newest.add(entry, false);
    expect(newest.list().map(({ id }) => id)).toEqual(['0-0', '0-2', '0-1', '0-3']);
  });
});

describe('matches', () => {
  const entry = anEntry(0, '2026-01-01T10:00:00.000Z');
  const atMs = entry.quarantinedAtMs;

  it.each([
    [{}, true],
    [{ reason: 'range', stage: 'validation', key: 'key' }, true],
    [{ reason: 'late' }, false],
    [{ stage: 'inference' }, false],
    [{ key: 'ke' }, false],
    [{ sinceMs: atMs, untilMs: atMs + 1 }, true],
    [{ sinceMs: atMs + 1 }, false],
    [{ untilMs: atMs }, false],
    [{ run: 'some' }, false],
  ])('%j: %p', (filter, expected) => expect(matches(entry, filter)).toBe(expected));
});
