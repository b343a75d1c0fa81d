import { formatBytes, formatDuration, parseDuration, parseRate, parseSince } from './quantities.js';

describe('quantities', () => {
  it.each([
    ['500/s', 500],
    ['500', 500],
    ['30000/m', 500],
    ['0.5/s', 0.5],
    ['0/s', undefined],
    ['fast', undefined],
    ['-5/s', undefined],
  ])('reads the rate %s as %s events per second', (text, rate) => expect(parseRate(text)).toBe(rate));

  it.each([
    ['90s', 90_000],
    ['1.5h', 5_400_000],
    ['250ms', 250],
    ['7d', 604_800_000],
    ['7', undefined],
  ])('reads the duration %s as %s ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it('reads a time as an instant, or back from now', () => {
    expect(parseSince('2026-01-01T00:00:00Z', 0)).toBe(Date.UTC(2026, 0, 1));
    expect(parseSince('2h', 10_000_000)).toBe(2_800_000);
    expect(parseSince('yesterday', 0)).toBeUndefined();
  });

  it('writes bytes and durations short', () => {
    expect([formatBytes(512), formatBytes(1536), formatBytes(1 << 20)]).toEqual(['512 B', '1.5 KiB', '1 MiB']);
    expect([formatDuration(474), formatDuration(93_000), formatDuration(604_800_000)]).toEqual([
      '474ms',
      '1m 33s',
      '7d',
    ]);
  });
});
