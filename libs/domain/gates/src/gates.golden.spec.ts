import { readFileSync } from 'node:fs';
import { metricNamesOf } from '#domain/monitors';
import { compareAreas, compareModels, gateMetric, gateMetricsOf, measureModel, type GateScores } from './index.js';

interface Rows<Score> {
  readonly labels: readonly number[];
  readonly scores: readonly Score[];
  readonly weights: readonly number[];
  readonly expected: Readonly<Record<string, number>>;
}

const golden = JSON.parse(readFileSync(new URL('../fixtures/gates.golden.json', import.meta.url), 'utf8')) as {
  readonly binary: Rows<number>;
  readonly multiclass: Rows<readonly number[]>;
  readonly regression: Rows<number>;
  readonly areas: readonly {
    readonly labels: readonly number[];
    readonly first: readonly number[];
    readonly second: readonly number[];
    readonly expected: Readonly<Record<'difference' | 'standardError' | 'low' | 'high', number>>;
  }[];
  readonly gains: {
    readonly labels: readonly number[];
    readonly candidate: readonly number[];
    readonly champion: readonly number[];
    readonly expected: Readonly<Record<string, Readonly<Record<'gain' | 'low' | 'high', number>>>>;
  };
};
const said = (scores: readonly number[]): GateScores => ({ scores, classScores: null, problems: new Map() });

describe('metrics of gates', () => {
  it.each(['binary-classification', 'multiclass-classification', 'regression'] as const)(
    'are those of the monitors: %s',
    (task) => {
      expect(gateMetricsOf(task)).toEqual(metricNamesOf('performance', task));
    },
  );

  it.each([
    ['binary-classification', golden.binary, null],
    ['regression', golden.regression, null],
    ['multiclass-classification', golden.multiclass, golden.multiclass.scores.flat()],
  ] as const)(
    'are scikit-learn’s, of weighted rows too: %s',
    (task, { labels, scores, weights, expected }, classes) => {
      const largest = scores.map((one) => (typeof one === 'number' ? one : Math.max(...one)));
      const rows = { labels, scores: largest, classScores: classes, rule: { task, threshold: 0.5 } };
      for (const [metric, value] of Object.entries(expected)) {
        // Sums in another order.
        expect([metric, gateMetric(task, metric).prepare(rows)(weights)]).toEqual([metric, expect.closeTo(value, 12)]);
      }
    },
  );

  it('are refused by name where a task does not have them', () => {
    expect(() => measureModel('rmse', { task: 'binary-classification', threshold: 0.5 }, [1], said([1]))).toThrow(
      'rmse is no metric of binary-classification: gates compare by accuracy, precision',
    );
  });
});

describe('the gain of a candidate', () => {
  it('by the area under the ROC curve has DeLong’s interval', () => {
    for (const { labels, first, second, expected } of golden.areas) {
      const { difference, standardError, interval } = compareAreas(labels, first, second, 0.95)!;
      // SciPy's normal quantile and the order of sums.
      expect(difference).toBeCloseTo(expected.difference, 12);
      expect(standardError).toBeCloseTo(expected.standardError, 12);
      expect(interval.low).toBeCloseTo(expected.low, 12);
      expect(interval.high).toBeCloseTo(expected.high, 12);
    }
  });

  it('by any other metric has the interval of the paired, stratified bootstrap', () => {
    const { labels, candidate, champion, expected } = golden.gains;
    const rule = { task: 'binary-classification', threshold: 0.5 } as const;
    for (const [metric, { gain, low, high }] of Object.entries(expected)) {
      const compared = compareModels(metric, rule, labels, said(candidate), said(champion), 0.95);
      expect(compared.gain).toBeCloseTo(gain, 12);
      // 1,000 draws against 20,000 others: an end of the interval varies by about a twentieth of its width.
      const chance = 0.08 * (high - low);
      expect(Math.abs(compared.low! - low)).toBeLessThan(chance);
      expect(Math.abs(compared.high! - high)).toBeLessThan(chance);
    }
  });

  it('is the same each time', () => {
    const { labels, candidate, champion } = golden.gains;
    const compare = () =>
      compareModels(
        'brier',
        { task: 'binary-classification', threshold: 0.5 },
        labels,
        said(candidate),
        said(champion),
        0.9,
      );
    expect(compare()).toEqual(compare());
  });

  it('is none where a class is absent', () => {
    const rule = { task: 'binary-classification', threshold: 0.5 } as const;
    expect(compareModels('roc_auc', rule, [1, 1], said([0.1, 0.2]), said([0.2, 0.1]), 0.95)).toMatchObject({
      gain: NaN,
      low: null,
      high: null,
    });
  });

  it('leaves out rows that one of them did not score', () => {
    const rule = { task: 'regression', threshold: 0 } as const;
    expect(compareModels('mae', rule, [1, 2, 3], said([1, NaN, 3]), said([2, 2, 4]), 0.95)).toMatchObject({
      rows: 2,
      candidate: 0,
      champion: 1,
      gain: 1,
    });
  });
});
