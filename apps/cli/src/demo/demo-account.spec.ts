import { discrepancies } from './demo-account.js';

const expected = { good: 90, spoiled: 7, repeated: 3 };
const right = { logged: 90, distinct: 90, quarantined: 7, deduplicated: 3 };

describe('discrepancies', () => {
  it('finds none when the sums agree', () => {
    expect(discrepancies(100, expected, right)).toEqual([]);
  });

  it.each([
    ['a lost event', { ...right, logged: 89, distinct: 89 }, ['90 good events were published, 89 are logged']],
    ['an event twice', { ...right, logged: 91 }, ['1 events are logged more than once']],
    [
      'a swap that keeps the sum',
      { ...right, quarantined: 8, deduplicated: 2 },
      ['7 events were spoiled, 8 are in quarantine'],
    ],
  ])('names %s', (_, account, messages) => {
    expect(discrepancies(100, expected, account)).toEqual(expect.arrayContaining(messages));
  });
});
