import fc from 'fast-check';
import { ndcg, sharesOf, totalVariation, type Importance } from './importance-change.js';

const of = (...pairs: readonly (readonly [reference: number, value: number])[]): readonly Importance[] =>
  pairs.map(([reference, value], i) => ({ feature: `f${i}`, reference, value }));
const importances = fc
  .array(fc.tuple(fc.double({ min: 0, max: 10, noNaN: true }), fc.double({ min: 0, max: 10, noNaN: true })), { minLength: 1, maxLength: 8 })
  .map((pairs) => of(...pairs)); // prettier-ignore

/** The worked example of SageMaker Clarify's documentation: SAT score, GPA, class rank. */
const ADMISSION = of([0.7, 0.1], [0.5, 0.2], [0.05, 0.7]);

describe('how importance changed', () => {
  it('is told by the gain of the new order against that of the old one', () => {
    const ideal = 0.7 + 0.5 / Math.log2(3) + 0.05 / 2;
    expect(ndcg(ADMISSION)).toBeCloseTo((0.05 + 0.5 / Math.log2(3) + 0.7 / 2) / ideal, 12);
    expect(ndcg(ADMISSION)).toBeLessThan(0.9);
  });

  it('is told by the part of all contributions that went elsewhere', () => {
    // 0.56, 0.4, 0.04 before; 0.1, 0.2, 0.7 now.
    expect(totalVariation(ADMISSION)).toBeCloseTo(0.66, 12);
    expect(totalVariation(of([1, 0], [0, 3]))).toBe(1);
    expect(sharesOf(of([1, 3], [3, 1]))).toEqual([
      { feature: 'f0', reference: 0.25, value: 0.75 },
      { feature: 'f1', reference: 0.75, value: 0.25 },
    ]);
  });

  it('is none where all changed alike, or where equal features swap', () => {
    fc.assert(
      fc.property(importances, fc.double({ min: 0.01, max: 100, noNaN: true }), (all, factor) => {
        fc.pre(all.some(({ reference }) => reference > 1e-3));
        const alike = all.map((one) => ({ ...one, value: one.reference * factor }));
        expect(ndcg(alike)).toBeCloseTo(1, 9);
        expect(totalVariation(alike)).toBeCloseTo(0, 9);
      }),
    );
    expect(ndcg(of([1, 2], [1, 1]))).toBe(1);
    expect(ndcg(of([1, 1], [1, 2]))).toBe(1);
  });

  it('lies between 0 and 1', () => {
    fc.assert(
      fc.property(importances, (all) => {
        for (const figure of [ndcg(all), totalVariation(all)]) {
          if (figure === null) continue;
          expect(figure).toBeGreaterThanOrEqual(0);
          expect(figure).toBeLessThanOrEqual(1 + 1e-12);
        }
      }),
    );
  });

  it('is nothing where nothing mattered', () => {
    expect(ndcg(of([0, 1], [0, 2]))).toBeNull();
    expect(totalVariation(of([0, 1], [0, 2]))).toBeNull();
    expect(totalVariation(of([1, 0]))).toBeNull();
  });
});
