import { InFlightBudget, type InFlightLease } from './in-flight-budget.js';
import { retryAfterSeconds } from './retry-after.js';

const lease = (admitted: InFlightLease | string): InFlightLease => {
  if (typeof admitted === 'string') throw new Error(admitted);
  return admitted;
};
const budget = (maxBytes: number, maxRequests = 10, clock = { nowMs: 0 }) =>
  new InFlightBudget({ maxBytes, maxRequests }, () => clock.nowMs);

describe('the budget', () => {
  it('admits up to its bytes, and says which bound is full', () => {
    const full = budget(100, 3);
    lease(full.admit(60));
    lease(full.admit(40));
    expect(full.admit(1)).toBe('bytes');
    lease(full.admit(0));
    expect(full.admit(0)).toBe('requests');
    expect([full.bytes, full.requests]).toEqual([100, 3]);
  });

  it('admits one alone whatever its size, and none beside it', () => {
    const one = budget(100);
    lease(one.admit(500));
    expect(one.admit(1)).toBe('bytes');
  });

  it('lets a share grow while there is room, and counts it no less for having been refused', () => {
    const shared = budget(100);
    const [first, second] = [lease(shared.admit(10)), lease(shared.admit(50))];
    expect(first.atLeast(50)).toBe(true);
    expect(first.atLeast(51)).toBe(false);
    expect(first.atLeast(5)).toBe(true);
    expect(shared.bytes).toBe(100);
    second.release();
    expect(first.atLeast(500)).toBe(true);
    expect(shared.bytes).toBe(500);
  });

  it('gets back what a share had grown to, once', () => {
    const shared = budget(100);
    const share = lease(shared.admit(10));
    share.atLeast(80);
    share.release();
    share.release();
    share.atLeast(90);
    expect([shared.bytes, shared.requests]).toEqual([0, 0]);
  });

  it('knows how fast it drained during the last five seconds', () => {
    const clock = { nowMs: 0 };
    const draining = budget(1_000, 10, clock);
    for (const nowMs of [500, 1_500, 4_900]) {
      clock.nowMs = nowMs;
      lease(draining.admit(100)).release();
    }
    expect(draining.drainedBytesPerSecond()).toBe(60);
    clock.nowMs = 6_200;
    expect(draining.drainedBytesPerSecond()).toBe(20);
    clock.nowMs = 60_000;
    expect(draining.drainedBytesPerSecond()).toBe(0);
  });
});

describe('Retry-After', () => {
  it.each([
    ['little is held', 10, 100, 0, 1],
    ['half drains in four seconds', 800, 100, 0, 4],
    ['the same, by chance as late as it gets', 800, 100, 0.999, 8],
    ['nothing drains', 800, 0, 0, 15],
    ['nothing drains, by chance as late as it gets', 800, 0, 0.999, 30],
  ])('%s', (_what, held, rate, random, seconds) => {
    expect(retryAfterSeconds(held, rate, random)).toBe(seconds);
  });
});
