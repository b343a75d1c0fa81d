import { discrepancies, lateOnes } from './demo-account.js';

const expected = { good: 90, spoiled: 7, repeated: 3 };
const right = { logged: 90, distinct: 90, quarantined: 7, deduplicated: 3 };

describe('discrepancies', () => {
  it('finds none when the sums agree', () => {
    expect(discrepancies(100, expected, right)).toEqual([]);
  });

  it.each([
    ['a lost event', { ...right, logged: 89, distinct: 89 }, ['90 good events were published, 89 are logged']],
    ['an event twice', { ...right, logged: 91 }, ['1 events are logged more than once']],
    ['a missing quarantine record', { ...right, quarantined: 6 }, ['7 events were spoiled, 6 are in quarantine']],
    [
      'a repetition that was not dropped',
      { ...right, logged: 91, deduplicated: 2 },
      ['1 events are logged more than once'],
    ],
  ])('names %s', (_, account, messages) => {
    expect(discrepancies(100, expected, account)).toEqual(expect.arrayContaining(messages));
  });

  it('lets good events be late, a repeated one twice, as long as each is accounted for', () => {
    const late = { logged: 88, distinct: 88, quarantined: 10, deduplicated: 2 };
    expect(lateOnes(expected, late)).toBe(2);
    expect(discrepancies(100, expected, late)).toEqual([]);
    expect(discrepancies(100, expected, { ...late, logged: 87, distinct: 87 })).not.toEqual([]);
  });
});
