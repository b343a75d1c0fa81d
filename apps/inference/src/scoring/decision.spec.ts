import { decisionOf } from './decision.js';

describe('decisionOf', () => {
  it.each([
    ['binary-classification', 0.5, 'positive'],
    ['binary-classification', 0.4999, 'negative'],
    ['regression', 12, ''],
  ] as const)('%s at %p is %p', (task, score, decision) => {
    expect(decisionOf({ task, threshold: 0.5 }, score, [])).toBe(decision);
  });

  it('names the class with the largest score, the first of equals', () => {
    expect(decisionOf({ task: 'multiclass-classification', threshold: 0.5 }, 0.4, [0.2, 0.4, 0.4])).toBe('1');
  });
});
