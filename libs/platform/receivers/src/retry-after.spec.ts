import { retryAfterMs } from './post-request.js';

describe('retryAfterMs', () => {
  const NOW = Date.UTC(2026, 2, 1, 12);
  it.each([
    ['120', 120_000],
    [' 0 ', 0],
    ['Sun, 01 Mar 2026 12:00:30 GMT', 30_000],
    ['Sun, 01 Mar 2026 11:00:00 GMT', 0],
    ['soon', null],
    ['-5', null],
    [null, null],
  ])('reads %j', (text, ms) => {
    expect(retryAfterMs(text, NOW)).toBe(ms);
  });
});
