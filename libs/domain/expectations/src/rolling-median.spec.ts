import fc from 'fast-check';
import { RollingMedian } from './rolling-median.js';

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function filled(capacity: number, values: readonly number[]): RollingMedian {
  const rolling = new RollingMedian(capacity);
  for (const value of values) rolling.add(value);
  return rolling;
}

// Quarters are exact in binary, and repeat often enough for ties.
const value = fc.oneof(
  fc.integer({ min: -20, max: 20 }).map((n) => n / 4),
  fc.integer({ min: -1e6, max: 1e6 }),
);
const arrivals = fc.array(fc.oneof({ arbitrary: value, weight: 4 }, fc.constant(Number.NaN)), {
  minLength: 1,
  maxLength: 120,
  size: 'max',
});
const values = fc.array(value, { minLength: 1, maxLength: 120, size: 'max' });
const capacity = fc.integer({ min: 1, max: 40 });

describe('RollingMedian', () => {
  it('has the median and the median absolute deviation of the last values', () => {
    fc.assert(
      fc.property(capacity, values, (size, all) => {
        const rolling = filled(size, all);
        const last = all.slice(-size);
        const median = medianOf(last);
        expect(rolling.size).toBe(last.length);
        expect(rolling.median()).toBe(median);
        expect(rolling.medianAbsoluteDeviation()).toBe(medianOf(last.map((x) => Math.abs(x - median))));
      }),
      { numRuns: 500 },
    );
  });

  it('counts arrivals without a value, and looks past them', () => {
    fc.assert(
      fc.property(capacity, arrivals, (size, all) => {
        const rolling = filled(size, all);
        const last = all.slice(-size).filter((x) => !Number.isNaN(x));
        expect(rolling.size).toBe(last.length);
        expect(rolling.median()).toBe(last.length === 0 ? Number.NaN : medianOf(last));
      }),
      { numRuns: 500 },
    );
  });

  it('depends on nothing but the last arrivals', () => {
    fc.assert(
      fc.property(capacity, arrivals, arrivals, value, (size, before, after, probe) => {
        const kept = [...before, ...after].slice(-size);
        expect(filled(size, [...before, ...after]).distance(probe)).toBe(filled(size, kept).distance(probe));
      }),
    );
  });

  it('measures the distance in robust standard deviations', () => {
    // median 3, deviations 2 1 0 1 2, MAD 1
    expect(filled(5, [1, 2, 3, 4, 5]).distance(10)).toBeCloseTo(7 / 1.4826, 12);
  });

  it('falls back to the mean absolute deviation when most values are equal', () => {
    // median 0, MAD 0, mean absolute deviation 1/4
    expect(filled(4, [0, 0, 0, 1]).distance(2)).toBeCloseTo(2 / (1.253314 / 4), 12);
  });

  it('knows no scale, hence no outlier, when all values are equal', () => {
    expect(filled(4, [7, 7, 7, 7]).distance(8)).toBe(0);
  });

  it('has no median before the first value', () => {
    expect(new RollingMedian(3).median()).toBeNaN();
    expect(new RollingMedian(3).medianAbsoluteDeviation()).toBeNaN();
  });
});
