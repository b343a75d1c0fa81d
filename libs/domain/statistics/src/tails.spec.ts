import { readFileSync } from 'node:fs';
import {
  chiSquareQuantile,
  chiSquareSurvival,
  kolmogorovSmirnovPValue,
  kolmogorovSmirnovSurvival,
  kolmogorovSurvival,
  logGamma,
  normalCdf,
  normalQuantile,
  normalSurvival,
  regularizedBeta,
  regularizedGammaP,
  regularizedGammaQ,
  studentTQuantile,
  studentTSurvival,
} from './index.js';

/** Each row: the arguments, then SciPy's value. */
type Table = readonly (readonly number[])[];

const golden = JSON.parse(readFileSync(new URL('../fixtures/scipy.golden.json', import.meta.url), 'utf8')) as Readonly<
  Record<string, Table>
>;

type Comparison = readonly [
  name: string,
  table: string,
  actual: (...given: number[]) => number,
  /** Largest |actual − expected| / |expected| that is accepted; of ln Γ, which passes 0, the absolute gap. */
  relative: number,
];

const COMPARISONS: readonly Comparison[] = [
  ['ln Γ', 'log_gamma', logGamma, 2e-14],
  ['P(a, x)', 'gamma_p', regularizedGammaP, 1e-12],
  ['Q(a, x)', 'gamma_q', regularizedGammaQ, 1e-11],
  ['the incomplete beta function', 'beta', regularizedBeta, 1e-11],
  ['the χ² tail', 'chi_square_survival', chiSquareSurvival, 1e-12],
  ['the χ² quantile', 'chi_square_quantile', chiSquareQuantile, 1e-12],
  ['the normal distribution', 'normal_cdf', normalCdf, 1e-12],
  ['the normal tail', 'normal_survival', normalSurvival, 1e-12],
  ['the normal quantile', 'normal_quantile', normalQuantile, 1e-13],
  ["Student's tail", 'student_t_survival', studentTSurvival, 1e-10],
  ["Student's quantile", 'student_t_quantile', studentTQuantile, 1e-10],
  ["Kolmogorov's tail", 'kolmogorov', kolmogorovSurvival, 1e-12],
];

describe('tails and quantiles', () => {
  it.each(COMPARISONS)('%s agrees with SciPy', (_, table, actual, relative) => {
    for (const row of golden[table]!) {
      const expected = row.at(-1)!;
      const of = table === 'log_gamma' ? Math.max(1, Math.abs(expected)) : Math.max(Math.abs(expected), 1e-300);
      const gap = Math.abs(actual(...row.slice(0, -1)) - expected) / of;
      expect({ row, within: gap <= relative, ...(gap > relative && { gap }) }).toEqual({ row, within: true });
    }
  });

  it('never end in NaN far out', () => {
    expect(chiSquareSurvival(1e9, 1)).toBe(0);
    expect(chiSquareSurvival(Infinity, 7)).toBe(0);
    expect(chiSquareSurvival(1e-320, 1)).toBeCloseTo(1, 12);
    expect(normalSurvival(1e9)).toBe(0);
    expect(normalCdf(Infinity)).toBe(1);
    expect(studentTSurvival(1e300, 1)).toBeCloseTo(0, 12);
    expect(studentTSurvival(-Infinity, 3)).toBe(1);
    expect(kolmogorovSurvival(1e6)).toBe(0);
    expect(kolmogorovSmirnovPValue(1, 1e6, 1e6)).toBe(0);
  });

  it('have values at the edges', () => {
    expect([chiSquareSurvival(0, 5), chiSquareSurvival(-1, 5), chiSquareSurvival(0, 0), chiSquareSurvival(1, 0)]).toEqual([1, 1, 1, 0]); // prettier-ignore
    expect([normalQuantile(0), normalQuantile(0.5), normalQuantile(1)]).toEqual([-Infinity, 0, Infinity]);
    expect([studentTQuantile(0.5, 4), studentTQuantile(1, 4)]).toEqual([0, Infinity]);
    expect([chiSquareQuantile(1, 3), chiSquareQuantile(0, 3)]).toEqual([0, Infinity]);
    expect([regularizedBeta(2, 3, 0), regularizedBeta(2, 3, 1)]).toEqual([0, 1]);
  });

  it.each([
    ['an argument that is NaN', () => chiSquareSurvival(NaN, 2)],
    ['no degrees of freedom', () => studentTSurvival(1, 0)],
    ['a probability above 1', () => normalQuantile(1.1)],
    ['an empty sample', () => kolmogorovSmirnovPValue(0.3, 0, 10)],
  ])('have no value for %s', (_, value) => {
    expect(value()).toBeNaN();
  });
});

describe('kolmogorovSmirnovPValue', () => {
  it('agrees with SciPy, exactly for small samples', () => {
    for (const [d, n, m, p] of golden['ks_two_sample_exact'] as [number, number, number, number][]) {
      // SciPy's own sum for samples of one size loses digits by cancellation near 1.
      const gap = Math.abs(kolmogorovSmirnovPValue(d, n, m) - p) / Math.max(p, 1e-300);
      expect({ d, n, m, gap: gap > 1e-9 ? gap : 0 }).toEqual({ d, n, m, gap: 0 });
    }
  });

  it('is symmetrical in the samples', () => {
    expect(kolmogorovSmirnovPValue(0.5, 6, 10)).toBeCloseTo(kolmogorovSmirnovPValue(0.5, 10, 6), 14);
  });

  it('does not change where the exact computation ends', () => {
    const exact = kolmogorovSmirnovPValue(0.0425, 2000, 2000);
    const beyond = kolmogorovSmirnovPValue(0.0425, 2001, 2001);
    // The one-sample distribution ignores that the statistic moves in steps: a few per cent of the p-value.
    expect(Math.abs(beyond / exact - 1)).toBeLessThan(0.04);
  });

  it('is 1 for samples that are alike', () => {
    expect(kolmogorovSmirnovPValue(0, 10, 10)).toBe(1);
    expect(kolmogorovSmirnovPValue(0, 1e6, 1e6)).toBe(1);
  });
});

describe('kolmogorovSmirnovSurvival', () => {
  it('agrees with SciPy', () => {
    for (const [d, n, p] of golden['ks_one_sample'] as [number, number, number][]) {
      const gap = Math.abs(kolmogorovSmirnovSurvival(d, n) - p);
      // Two approximations beyond 140 rows: absolute 0.025/n around the centre; 1e-4 of the value in the tail.
      const accepted = Math.max(1e-9, n > 140 ? 0.025 / n : 0, 1e-4 * p);
      expect({ d, n, p, gap: gap > accepted ? gap : 0 }).toEqual({ d, n, p, gap: 0 });
    }
  });
});
