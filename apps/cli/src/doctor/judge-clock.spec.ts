import { judgeClock } from './judge-clock.js';

describe('judgeClock', () => {
  it('lets what may be the way there pass', () => {
    expect(judgeClock('clock', { aheadMs: -1_400, uncertainMs: 500 })).toBeUndefined();
  });

  it('warns of what shows, and fails what takes good events for bad', () => {
    expect(judgeClock('clock', { aheadMs: 5_010, uncertainMs: 10 })).toMatchObject({
      severity: 'warn',
      complaint: { actual: '5s ahead of this machine' },
    });
    expect(judgeClock('clock', { aheadMs: -3_600_000, uncertainMs: 0 })).toMatchObject({
      severity: 'fail',
      complaint: { actual: '1h behind this machine' },
    });
  });
});
