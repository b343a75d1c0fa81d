import { compareGroups } from './compare-groups.js';

const group = (name: string, hits: number, rows: number) => ({ group: name, hits, rows });

describe('compareGroups', () => {
  it('gives the interval of a difference as published (Newcombe 1998, table II, method 10)', () => {
    const { difference, differenceInterval } = compareGroups([group('a', 56, 70), group('b', 48, 80)], 0.95)!;
    // Published to four digits.
    expect(difference).toBeCloseTo(0.2, 12);
    expect(differenceInterval.low).toBeCloseTo(0.0524, 4);
    expect(differenceInterval.high).toBeCloseTo(0.3339, 4);
  });

  it('gives the interval of a ratio on the scale of logarithms', () => {
    const { ratio, ratioInterval } = compareGroups([group('a', 20, 100), group('b', 40, 100)], 0.95)!;
    // exp(±1.959964 · √(1/20 − 1/100 + 1/40 − 1/100)) by hand.
    expect(ratio).toBe(0.5);
    expect(ratioInterval!.low).toBeCloseTo(0.5 * Math.exp(-0.459658), 5);
    expect(ratioInterval!.high).toBeCloseTo(0.5 * Math.exp(0.459658), 5);
  });

  it('is wider for the extremes of many groups, which differ by chance', () => {
    const extremes = [group('a', 40, 100), group('z', 56, 100)];
    const others = Array.from({ length: 8 }, (_, i) => group(`g${i}`, 48, 100));
    expect(compareGroups(extremes, 0.95)!.significant).toBe(true);
    expect(compareGroups([...extremes, ...others], 0.95)!.significant).toBe(false);
  });

  it('finds no difference of a group with itself', () => {
    expect(compareGroups([group('a', 3, 5)], 0.95)).toMatchObject({ difference: 0, ratio: 1, significant: false });
  });

  it('has no ratio where nobody is hit', () => {
    expect(compareGroups([group('a', 0, 5), group('b', 0, 9)], 0.95)).toMatchObject({
      difference: 0,
      ratio: null,
      ratioInterval: null,
    });
  });

  it('compares nothing without groups', () => {
    expect(compareGroups([], 0.95)).toBeNull();
  });
});
