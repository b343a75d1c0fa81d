import {
  logEvidenceAbove,
  logGammaExponentialMixture,
  logNormalMixture,
  lowerConfidenceSequence,
  seededUniforms,
  tunedFor,
  upperConfidenceSequence,
  type SequenceSettings,
  type TermSums,
} from './index.js';

/** Midpoints; what is integrated here is smooth and ends at 0. */
function integral(from: number, to: number, f: (x: number) => number, steps = 50_000): number {
  const width = (to - from) / steps;
  let sum = 0;
  for (let i = 0; i < steps; i++) sum += f(from + (i + 0.5) * width);
  return sum * width;
}

const BOUNDED: SequenceSettings = { alpha: 0.05, floor: -1, ceiling: 1, tunedCount: 500, tunedVariance: 0.1 };
const FREE: SequenceSettings = { ...BOUNDED, floor: null, ceiling: null };

function sumsOf(terms: readonly number[], blockSize = 0): TermSums {
  const blocks: { count: number; sum: number }[] = [];
  for (let at = 0; blockSize > 0 && at < terms.length; at += blockSize) {
    const block = terms.slice(at, at + blockSize);
    blocks.push({ count: block.length, sum: block.reduce((a, b) => a + b, 0) });
  }
  return {
    count: terms.length,
    sum: terms.reduce((a, b) => a + b, 0),
    squares: terms.reduce((a, b) => a + b * b, 0),
    blocks,
  };
}

describe('mixtures', () => {
  it.each([
    [0, 0, 3],
    [5, 10, 3],
    [-8, 20, 1],
    [40, 100, 12],
  ])('of the normal kind are the integral over λ that they stand for: s %d, v %d, ρ %d', (s, v, rho) => {
    const density = (x: number) => 2 * Math.sqrt(rho / (2 * Math.PI)) * Math.exp((-rho * x * x) / 2);
    const value = integral(
      0,
      40 / Math.sqrt(v + rho) + Math.abs(s) / (v + rho),
      (x) => density(x) * Math.exp(x * s - (x * x * v) / 2),
    );
    // 1e-6 of the value: the midpoints' error.
    expect(Math.exp(logNormalMixture(s, v, rho)) / value).toBeCloseTo(1, 6);
  });

  it.each([
    [0, 0, 3, 1],
    [5, 10, 3, 1],
    [-4, 20, 1, 0.5],
    [30, 50, 12, 2],
    [0.2, 0.05, 0.02, 0.1],
  ])('of the gamma-exponential kind too: s %d, v %d, ρ %d, c %d', (s, v, rho, c) => {
    const a = rho / (c * c);
    const weight = (u: number) => u ** (a - 1) * Math.exp(-a * u);
    const total = integral(0, 1, weight);
    const value = integral(0, 1, (u) => {
      const lambda = (1 - u) / c;
      const psi = (-Math.log(u) - (1 - u)) / (c * c);
      return (weight(u) / total) * Math.exp(lambda * s - psi * v);
    });
    // 1e-4 of the value: the midpoints' error where the weight has a pole at 0.
    expect(Math.exp(logGammaExponentialMixture(s, v, rho, c)) / value).toBeCloseTo(1, 4);
  });

  it('of the gamma-exponential kind go over into the normal approximation without a step', () => {
    const around = (v: number) => logGammaExponentialMixture(0.04 * v, v, 100, 1);
    expect(around(1.0001e5) - around(0.9999e5)).toBeLessThan(0.05);
    expect(around(1.0001e5)).toBeGreaterThan(around(0.9999e5) - 0.01);
  });

  it('see no evidence in a sum that is not positive, and the same in one sum whatever bounds its terms from below, if from far', () => {
    for (const c of [1, 0.1, 0.01, 1e-4, 1e-6, 1e-9]) {
      for (const s of [-200, -110.7, -3, -1e-3, 0]) {
        expect(logGammaExponentialMixture(s, 4, 2, c)).toBeLessThanOrEqual(0);
      }
    }
    const [far, farther, farthest] = [1e-4, 4e-5, 1e-9].map((c) => logGammaExponentialMixture(12, 4, 2, c));
    expect(far).toBeCloseTo(farther!, 2);
    expect(farther).toBeCloseTo(farthest!, 2);
    expect(farthest).toBeGreaterThan(8);
  });

  it('are sharpest near to where they are tuned', () => {
    const needed = (rho: number, v: number): number => {
      let s = 0;
      while (logNormalMixture(s, v, rho) < Math.log(20)) s += 0.01;
      return s;
    };
    const best = needed(tunedFor(100, 0.05), 100);
    for (const v of [1, 10, 1_000, 10_000]) expect(needed(tunedFor(v, 0.05), 100)).toBeGreaterThanOrEqual(best);
  });
});

describe('a confidence sequence', () => {
  it('says nothing of no terms', () => {
    expect(lowerConfidenceSequence(sumsOf([]), BOUNDED)).toBe(-1);
    expect(lowerConfidenceSequence(sumsOf([]), FREE)).toBe(-Infinity);
    expect(logEvidenceAbove(sumsOf([]), 0, FREE)).toBe(0);
  });

  it.each([
    ['bounded', BOUNDED],
    ['of any terms', FREE],
  ])('ends where the evidence is 1/α: %s', (_, settings) => {
    const uniform = seededUniforms(3);
    const terms = sumsOf(Array.from({ length: 1_000 }, () => (uniform() < 0.1 ? 1 : uniform() < 0.05 ? -1 : 0)));
    const low = lowerConfidenceSequence(terms, settings);
    const high = upperConfidenceSequence(terms, settings);
    expect(low).toBeLessThan(terms.sum / 1_000);
    expect(high).toBeGreaterThan(terms.sum / 1_000);
    expect(logEvidenceAbove(terms, low, settings)).toBeCloseTo(Math.log(20), 3);
    expect(logEvidenceAbove(terms, low + 1e-4, settings)).toBeLessThan(Math.log(20));
  });

  it('is as narrow for terms in another unit', () => {
    const uniform = seededUniforms(4);
    const terms = Array.from({ length: 300 }, () => uniform() - 0.4);
    const low = lowerConfidenceSequence(sumsOf(terms), FREE);
    expect(lowerConfidenceSequence(sumsOf(terms.map((x) => 1e6 * x)), FREE) / 1e6).toBeCloseTo(low, 6);
  });

  it('knows that equal terms in a row are worth less', () => {
    const uniform = seededUniforms(5);
    const level = Array.from({ length: 40 }, () => uniform() - 0.3);
    const terms = level.flatMap((one) => Array.from({ length: 25 }, () => one));
    expect(lowerConfidenceSequence(sumsOf(terms, 50), FREE)).toBeLessThan(
      lowerConfidenceSequence(sumsOf(terms), FREE) - 0.05,
    );
  });

  it('of a few terms among thousands does not lie above what they are far below', () => {
    const terms = Array.from({ length: 11_370 }, (_, n) => (n >= 7_300 && n < 7_303 ? 1 : 0));
    const settings = { ...BOUNDED, floor: 0, tunedCount: 1_000, tunedVariance: 0.01 };
    for (const mean of [3e-4, 1e-3, 5e-3, 0.008, 0.01, 0.02]) {
      expect(logEvidenceAbove(sumsOf(terms), mean, settings)).toBeLessThanOrEqual(0);
      expect(logEvidenceAbove(sumsOf(terms, 355), mean, settings)).toBeLessThanOrEqual(0);
    }
    expect(lowerConfidenceSequence(sumsOf(terms, 355), settings)).toBeLessThan(3 / terms.length);
  });

  it('refutes at once what cannot be: terms above a floor with a mean at it', () => {
    expect(logEvidenceAbove(sumsOf([0, 0.1]), 0, { ...BOUNDED, floor: 0 })).toBe(Infinity);
    expect(logEvidenceAbove(sumsOf([0, 0]), 0, { ...BOUNDED, floor: 0 })).toBe(0);
  });
});

describe('looked at again and again', () => {
  const SERIES = 400;
  const LENGTH = 500;
  /** More than this of so many are improbable (1 in 1,000) at the declared rate. */
  const MOST = SERIES * 0.05 + 3.1 * Math.sqrt(SERIES * 0.05 * 0.95);

  const DRAWS: Readonly<Record<string, (u: () => number) => number>> = {
    'differences of errors': (u) => (u() < 0.1 ? (u() < 0.5 ? 1 : -1) : 0),
    'rare gains, many small losses': (u) => (u() < 0.05 ? -0.95 : 0.05),
    uniform: (u) => 2 * u() - 1,
  };

  function everRefuted(draw: (u: () => number) => number, refutes: (terms: TermSums) => boolean): number {
    let wrong = 0;
    for (let series = 0; series < SERIES; series++) {
      const uniform = seededUniforms(series + 1);
      const sums = { count: 0, sum: 0, squares: 0, blocks: [] };
      for (let i = 0; i < LENGTH; i++) {
        const term = draw(uniform);
        sums.count += 1;
        sums.sum += term;
        sums.squares += term * term;
        if (sums.count >= 20 && sums.count % 10 === 0 && sums.sum > 0 && refutes(sums)) {
          wrong += 1;
          break;
        }
      }
    }
    return wrong;
  }

  it.each(Object.keys(DRAWS))('is wrong at most as often as declared: %s', (name) => {
    const wrong = everRefuted(DRAWS[name]!, (terms) => logEvidenceAbove(terms, 0, BOUNDED) >= Math.log(20));
    expect(wrong).toBeLessThanOrEqual(MOST);
  });

  it('is so for terms of any size too, where they are symmetric', () => {
    const heavy = (u: () => number) => (u() < 0.5 ? 1 : -1) / u() ** 0.7;
    expect(everRefuted(heavy, (terms) => logEvidenceAbove(terms, 0, FREE) >= Math.log(20))).toBeLessThanOrEqual(MOST);
  });

  it('which a test for a fixed number of terms is not', () => {
    const naive = (terms: TermSums) => terms.sum / Math.sqrt(terms.squares) > 1.645;
    expect(everRefuted(DRAWS['uniform']!, naive)).toBeGreaterThan(3 * MOST);
  });
});
