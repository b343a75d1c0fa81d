import { readFileSync } from 'node:fs';
import { calibrated, fitCalibration } from './calibration.js';
import { fitPlatt } from './platt.js';

const { cases } = JSON.parse(readFileSync(new URL('../fixtures/calibration.golden.json', import.meta.url), 'utf8')) as {
  readonly cases: readonly {
    readonly name: string;
    readonly raw: readonly number[];
    readonly scores: readonly number[];
    readonly labels: readonly number[];
    readonly at: readonly number[];
    readonly calibrated: readonly number[];
    readonly slope: number;
    readonly intercept: number;
  }[];
};
const largestGap = (actual: ArrayLike<number>, expected: readonly number[]) =>
  Math.max(...expected.map((value, i) => Math.abs(actual[i]! - value)));

describe('fitCalibration', () => {
  it.each(cases.map((one) => [one.name, one] as const))('agrees with scikit-learn: %s', (_, one) => {
    const calibration = fitCalibration(one.scores, one.labels)!;
    expect(largestGap(one.at.map((score) => calibrated(calibration, score)), one.calibrated)).toBeLessThan(1e-12); // prettier-ignore
  });

  it('keeps to two hundred points that rise, and stays close', () => {
    const scores = Array.from({ length: 30_000 }, (_, i) => ((i * 7919) % 30_011) / 30_011);
    const truth = (score: number) => score ** 2;
    const labels = scores.map((score, i) => (((i * 104_729) % 10_007) / 10_007 < truth(score) ? 1 : 0));
    const whole = fitCalibration(scores, labels, Infinity)!;
    const calibration = fitCalibration(scores, labels)!;
    expect(whole.scores.length).toBeGreaterThan(200);
    expect(calibration.scores).toHaveLength(200);
    for (let i = 1; i < 200; i++) {
      expect(calibration.scores[i]!).toBeGreaterThan(calibration.scores[i - 1]!);
      expect(calibration.probabilities[i]!).toBeGreaterThanOrEqual(calibration.probabilities[i - 1]!);
    }
    const gaps = scores.map((score) => Math.abs(calibrated(calibration, score) - calibrated(whole, score)));
    expect(Math.max(...gaps)).toBeLessThan(0.01);
  });

  it.each([
    ['no rows', [], []],
    ['ten rows', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [0, 1, 0, 1, 0, 1, 0, 1, 0, 1]],
    ['one kind only', Array.from({ length: 500 }, (_, i) => i / 500), new Array<number>(500).fill(1)],
  ])('has nothing to say of %s', (_, scores, labels) => {
    expect(fitCalibration(scores, labels)).toBeNull();
  });

  it('is one point where all scores are equal', () => {
    const labels = Array.from({ length: 200 }, (_, i) => (i % 4 === 0 ? 1 : 0));
    const calibration = fitCalibration(new Array<number>(200).fill(0.7), labels);
    expect(calibration).toEqual({ scores: [0.7], probabilities: [0.25] });
  });
});

describe('fitPlatt', () => {
  it.each(cases.map((one) => [one.name, one] as const))('agrees with scikit-learn: %s', (_, one) => {
    const { slope, intercept } = fitPlatt(one.raw, one.labels);
    // scikit-learn's solver stops at a gradient of 1e-6 or so per row.
    expect(slope).toBeCloseTo(one.slope, 4);
    expect(intercept).toBeCloseTo(one.intercept, 4);
  });

  it('says the share of positives where raw outputs do not vary', () => {
    const { slope, intercept } = fitPlatt(new Array<number>(400).fill(0.5), Array.from({ length: 400 }, (_, i) => (i % 4 === 0 ? 1 : 0))); // prettier-ignore
    expect(1 / (1 + Math.exp(-(slope * 0.5 + intercept)))).toBeCloseTo(0.25, 2);
  });
});
