import { readFileSync } from 'node:fs';
import {
  benjaminiHochberg,
  bootstrapCounts,
  deLong,
  hanleyMcNeil,
  interpolate,
  isotonicRegression,
  meanInterval,
  prAucInterval,
  quantileOf,
  wilson,
  type Interval,
} from './index.js';

interface Golden {
  readonly false_discovery: readonly { readonly p: readonly number[]; readonly q: readonly number[] }[];
  /** Arguments, then both ends. */
  readonly wilson: readonly IntervalRow<3>[];
  readonly mean: readonly IntervalRow<4>[];
  readonly hanley_mcneil: readonly IntervalRow<4>[];
  readonly pr_auc: readonly IntervalRow<3>[];
  readonly de_long: readonly (Interval & {
    readonly name: string;
    readonly scores: readonly number[];
    readonly labels: readonly number[];
    readonly confidence: number;
    readonly auc: number;
  })[];
  readonly isotonic: readonly {
    readonly name: string;
    readonly x: readonly number[];
    readonly y: readonly number[];
    readonly weights: readonly number[] | null;
    readonly xs: readonly number[];
    readonly ys: readonly number[];
    readonly at: readonly number[];
    readonly predicted: readonly number[];
  }[];
  readonly bootstrap: readonly (Interval & {
    readonly name: string;
    readonly counts: readonly number[];
    readonly confidence: number;
    readonly lowError: number;
    readonly highError: number;
  })[];
}
type IntervalRow<Arguments extends 3 | 4> = Arguments extends 3
  ? readonly [number, number, number, number, number]
  : readonly [number, number, number, number, number, number];

const golden = JSON.parse(readFileSync(new URL('../fixtures/scipy.golden.json', import.meta.url), 'utf8')) as Golden;

function expectInterval(actual: Interval | null, low: number, high: number, relative: number): void {
  const scale = Math.max(1, Math.abs(low), Math.abs(high));
  expect(Math.abs(actual!.low - low) / scale).toBeLessThanOrEqual(relative);
  expect(Math.abs(actual!.high - high) / scale).toBeLessThanOrEqual(relative);
}

describe('benjaminiHochberg', () => {
  it.each(golden.false_discovery.map(({ p, q }) => [p, q] as const))('agrees with SciPy: %j', (p, q) => {
    benjaminiHochberg(p).forEach((value, i) => expect(value).toBeCloseTo(q[i]!, 14));
  });

  it('leaves out what was not tested', () => {
    expect(benjaminiHochberg([])).toEqual([]);
    expect(benjaminiHochberg([0.01, NaN, 0.04])).toEqual([0.02, NaN, 0.04]);
  });
});

describe('intervals', () => {
  it('of a proportion agree with SciPy', () => {
    for (const [k, n, confidence, low, high] of golden.wilson)
      expectInterval(wilson(k, n, confidence), low, high, 1e-13);
  });

  it('of a mean agree with SciPy', () => {
    for (const [mean, variance, n, confidence, low, high] of golden.mean) {
      expectInterval(meanInterval(mean, variance, n, confidence), low, high, 1e-12);
    }
  });

  it("of an ROC AUC by its class sizes agree with SciPy's root of the same equation", () => {
    for (const [auc, positives, negatives, confidence, low, high] of golden.hanley_mcneil) {
      expectInterval(hanleyMcNeil(auc, positives, negatives, confidence), low, high, 1e-9);
    }
  });

  it.each(golden.de_long.map((one) => [one.name, one] as const))(
    'of an ROC AUC by placements agree with the definition: %s',
    (_, { scores, labels, confidence, auc, low, high }) => {
      const of = (label: number) => scores.filter((_score, i) => labels[i] === label);
      const shareBelow = (score: number, others: readonly number[]) =>
        others.reduce((sum, other) => sum + (other < score ? 1 : other === score ? 0.5 : 0), 0) / others.length;
      const positives = of(1).map((score) => shareBelow(score, of(0)));
      const negatives = of(0).map((score) => 1 - shareBelow(score, of(1)));
      const placements = (values: readonly number[]) => ({
        rows: values.length,
        placementVariance: varianceOf(values),
      });
      expectInterval(deLong(auc, placements(positives), placements(negatives), confidence), low, high, 1e-12);
    },
  );

  it('of an area under the precision–recall curve agree with the formula', () => {
    for (const [area, positives, confidence, low, high] of golden.pr_auc) {
      expectInterval(prAucInterval(area, positives, confidence), low, high, 1e-12);
    }
  });

  it('say nothing where nothing is known', () => {
    expect(wilson(0, 0, 0.95)).toEqual({ low: 0, high: 1 });
    expect(meanInterval(3, 0, 1, 0.95)).toBeNull();
    expect(meanInterval(NaN, NaN, 0, 0.95)).toBeNull();
    expect(hanleyMcNeil(0.8, 0, 10, 0.95)).toBeNull();
    expect(hanleyMcNeil(NaN, 5, 10, 0.95)).toBeNull();
    expect(deLong(0.8, { rows: 1, placementVariance: NaN }, { rows: 9, placementVariance: 0.1 }, 0.95)).toBeNull();
    expect(prAucInterval(0.5, 0, 0.95)).toBeNull();
  });

  it('have a width where all came out the same', () => {
    expect(wilson(10, 10, 0.95)).toEqual({ low: expect.closeTo(0.7225, 3), high: 1 });
    expect(wilson(0, 10, 0.95)).toEqual({ low: 0, high: expect.closeTo(0.2775, 3) });
    expect(hanleyMcNeil(1, 10, 10, 0.95)!.low).toBeLessThan(0.95);
    expect(prAucInterval(1, 10, 0.95)).toEqual(wilson(10, 10, 0.95));
    expect(prAucInterval(0, 10, 0.95)).toEqual(wilson(0, 10, 0.95));
  });
});

describe('bootstrapCounts', () => {
  const f1 = ([tp, fp, fn]: readonly number[]) => (tp! + fp! + fn! === 0 ? null : (2 * tp!) / (2 * tp! + fp! + fn!));
  const statistics = { f1, other: ([tp, , , tn]: readonly number[]) => tp! + tn! };

  it.each(golden.bootstrap.map((one) => [one.name, one] as const))(
    "agrees with NumPy's draws: %s",
    (name, { counts, confidence, low, high, lowError, highError }) => {
      const rows = counts.reduce((a, b) => a + b);
      const statistic = name === 'f1' ? f1 : (drawn: readonly number[]) => statistics.other(drawn) / rows;
      const actual = bootstrapCounts(counts, statistic, { confidence });
      // Four standard deviations of what two thousand draws vary by.
      expect(Math.abs(actual!.low - low)).toBeLessThan(4 * lowError);
      expect(Math.abs(actual!.high - high)).toBeLessThan(4 * highError);
    },
  );

  it('gives the same for the same seed', () => {
    const once = bootstrapCounts([30, 12, 9, 149], f1, { confidence: 0.95, seed: 7 });
    expect(bootstrapCounts([30, 12, 9, 149], f1, { confidence: 0.95, seed: 7 })).toEqual(once);
    expect(bootstrapCounts([30, 12, 9, 149], f1, { confidence: 0.95, seed: 8 })).not.toEqual(once);
  });

  it('draws counts with the same sum', () => {
    bootstrapCounts([0, 3, 10_000_000, 1], (drawn) => {
      expect(drawn.reduce((a, b) => a + b)).toBe(10_000_004);
      expect(drawn[0]).toBe(0);
      return 0;
    }, { confidence: 0.9, resamples: 200 }); // prettier-ignore
  });

  it('has no interval without rows or without values, and none wider than a point for one cell', () => {
    expect(bootstrapCounts([0, 0], f1, { confidence: 0.95 })).toBeNull();
    expect(bootstrapCounts([0, 0, 0, 50], f1, { confidence: 0.95 })).toBeNull();
    expect(bootstrapCounts([50, 0, 0, 0], f1, { confidence: 0.95 })).toEqual({ low: 1, high: 1 });
  });
});

describe('isotonicRegression', () => {
  it.each(golden.isotonic.map((one) => [one.name, one] as const))(
    'agrees with scikit-learn: %s',
    (_, { x, y, weights, xs, ys, at, predicted }) => {
      const fitted = isotonicRegression(x, y, weights ?? undefined);
      // scikit-learn drops points within one level by rounding; the function is what has to be the same.
      expect(fitted.xs.filter((one) => !xs.includes(one))).toEqual([]);
      xs.forEach((one, i) => expect(interpolate(fitted, one)).toBeCloseTo(ys[i]!, 12));
      at.forEach((one, i) => expect(interpolate(fitted, one)).toBeCloseTo(predicted[i]!, 12));
    },
  );

  it('has no value without rows', () => {
    expect(interpolate(isotonicRegression([], []), 0.5)).toBeNaN();
    expect(interpolate({ xs: [0, 1], ys: [0, 1] }, NaN)).toBeNaN();
  });

  it('is flat beyond its points', () => {
    const line = { xs: [0.2, 0.4], ys: [0.1, 0.9] };
    expect([0, 0.2, 0.3, 0.4, 1].map((x) => interpolate(line, x))).toEqual([0.1, 0.1, 0.5, 0.9, 0.9].map((y) => expect.closeTo(y, 12))); // prettier-ignore
  });
});

describe('quantileOf', () => {
  it('is linear between values', () => {
    expect([0, 0.25, 0.5, 1].map((p) => quantileOf([1, 2, 4], p))).toEqual([1, 1.5, 2, 4]);
    expect(quantileOf([7], 0.3)).toBe(7);
  });
});

function varianceOf(values: readonly number[]): number {
  const mean = values.reduce((a, b) => a + b) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
}
