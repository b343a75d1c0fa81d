import fc from 'fast-check';
import { cronAfter, cronProblem, parseCron } from '../index.js';

const after = (cron: string, iso: string): string | null => {
  const at = cronAfter(parseCron(cron), Date.parse(iso));
  return at === null ? null : new Date(at).toISOString().replace(':00.000Z', 'Z');
};

it.each([
  ['0 3 * * *', '2026-03-01T03:00:00Z', '2026-03-02T03:00Z'],
  ['0 3 * * *', '2026-03-01T02:59:59Z', '2026-03-01T03:00Z'],
  ['*/15 * * * *', '2026-03-01T23:46:00Z', '2026-03-02T00:00Z'],
  ['5/20 1,3 * * *', '2026-03-01T01:45:00Z', '2026-03-01T03:05Z'],
  ['0 9-17/4 * * mon-fri', '2026-11-20T17:00:00Z', '2026-11-23T09:00Z'],
  ['0 0 1 * *', '2026-12-01T00:00:00Z', '2027-01-01T00:00Z'],
  ['0 0 29 feb *', '2096-03-01T00:00:00Z', '2104-02-29T00:00Z'],
  // Both days restricted: either is enough.
  ['0 0 13 * fri', '2026-11-12T00:00:00Z', '2026-11-13T00:00Z'],
  ['0 0 13 * fri', '2026-11-13T00:00:00Z', '2026-11-20T00:00Z'],
  ['0 0 * * 7', '2026-11-21T00:00:00Z', '2026-11-22T00:00Z'],
  ['0 0 * * 0', '2026-11-21T00:00:00Z', '2026-11-22T00:00Z'],
  ['@weekly', '2026-11-21T00:00:00Z', '2026-11-22T00:00Z'],
  ['0 12 * * *', '1969-12-31T13:00:00Z', '1970-01-01T12:00Z'],
])('%s after %s is %s', (cron, from, expected) => {
  expect(after(cron, from)).toBe(expected);
});

it.each([
  ['0 3 * *', 'has 4 of five fields'],
  ['60 * * * *', '"60" in the field minute is no value or range: it takes 0–59'],
  ['* * 0 * *', '"0" in the field day of month is no value or range: it takes 1–31'],
  ['* * * foo *', 'it takes 1–12 or jan–dec'],
  ['* * * * 5-1', '"5-1" in the field day of week'],
  ['*/0 * * * *', '"*/0" in the field minute has no step'],
  ['1-2-3 * * * *', 'is no value or range'],
  ['0 0 30 feb *', 'never comes'],
  ['', 'has 1 of five fields'],
])('%s is refused: %s', (cron, problem) => {
  expect(cronProblem(cron)).toContain(problem);
});

it('comes at every time that its fields take, and at no other', () => {
  const field = (from: number, to: number) =>
    fc.oneof(fc.constant('*'), fc.integer({ min: from, max: to }).map(String));
  const aCron = fc.tuple(field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6));
  fc.assert(
    fc.property(aCron, fc.integer({ min: 0, max: 4_102_444_800_000 }), (fields, from) => {
      expect(cronProblem(fields.join(' '))).toBeUndefined();
      const at = new Date(cronAfter(parseCron(fields.join(' ')), from)!);
      expect(at.getTime()).toBeGreaterThan(from);
      const [minute, hour, day, month, weekday] = fields;
      const takes = (text: string, value: number) => text === '*' || Number(text) === value;
      expect(takes(minute, at.getUTCMinutes())).toBe(true);
      expect(takes(hour, at.getUTCHours())).toBe(true);
      expect(takes(month, at.getUTCMonth() + 1)).toBe(true);
      const byDay = takes(day, at.getUTCDate());
      const byWeekday = takes(weekday, at.getUTCDay());
      expect(day !== '*' && weekday !== '*' ? byDay || byWeekday : byDay && byWeekday).toBe(true);
    }),
  );
});
