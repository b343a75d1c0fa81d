import { discrepancies, isSettled, lateOnes, type Account } from './demo-account.js';

const expected = { good: 90, spoiled: 7, repeated: 3, labels: 97 };
const labels = { joined: 90, joins: 90, orphaned: 5, waiting: 2 };
const right: Account = { logged: 90, distinct: 90, quarantined: 7, deduplicated: 3, labels };

describe('discrepancies', () => {
  it('finds none when the sums agree', () => {
    expect(discrepancies(100, expected, right)).toEqual([]);
  });

  it.each<[string, Account, readonly string[]]>([
    [
      'a lost event',
      { ...right, logged: 89, distinct: 89 },
      ['90 good events were published, 89 are logged', '89 events are logged, 90 have their label'],
    ],
    ['an event twice', { ...right, logged: 91 }, ['1 events are logged more than once']],
    ['a missing quarantine record', { ...right, quarantined: 6 }, ['7 events were spoiled, 6 are in quarantine']],
    [
      'a repetition that was not dropped',
      { ...right, logged: 91, deduplicated: 2 },
      ['1 events are logged more than once'],
    ],
    [
      'a lost label',
      { ...right, labels: { ...labels, joined: 89, joins: 89 } },
      ['published 97 labels, but joined + orphaned + waiting is 96', '90 events are logged, 89 have their label'],
    ],
    ['a label twice', { ...right, labels: { ...labels, joins: 91 } }, ['1 labels were joined more than once']],
    [
      'a label that is orphaned and waits',
      { ...right, labels: { ...labels, waiting: 3 } },
      ['published 97 labels, but joined + orphaned + waiting is 98'],
    ],
  ])('names %s', (_, account, messages) => {
    expect(discrepancies(100, expected, account)).toEqual(expect.arrayContaining([...messages]));
  });

  it('lets good events be late, a repeated one twice, as long as each is accounted for', () => {
    const late = {
      logged: 88,
      distinct: 88,
      quarantined: 10,
      deduplicated: 2,
      labels: { ...labels, joined: 88, joins: 88, orphaned: 7 },
    };
    expect(lateOnes(expected, late)).toBe(2);
    expect(discrepancies(100, expected, late)).toEqual([]);
    expect(discrepancies(100, expected, { ...late, logged: 87, distinct: 87 })).not.toEqual([]);
  });
});

describe('isSettled', () => {
  it.each<[string, Account, boolean]>([
    ['all accounted for', right, true],
    ['an event under way', { ...right, logged: 89, distinct: 89 }, false],
    ['a logged event without its label', { ...right, labels: { ...labels, joined: 89, waiting: 3 } }, false],
    ['a label that nobody has seen', { ...right, labels: { ...labels, waiting: 1 } }, false],
  ])('%s', (_, account, settled) => {
    expect(isSettled(100, expected, account)).toBe(settled);
  });
});
