import { readFileSync } from 'node:fs';
import type { ModelTask } from '#contracts';
import { metricsOf } from './metrics-of.js';
import { accuracy, logLoss, rocAuc } from './metrics.js';

interface Reference {
  readonly name: string;
  readonly task: ModelTask;
  readonly threshold: number;
  readonly scores: readonly number[];
  readonly labels: readonly number[];
  readonly metrics: Readonly<Record<string, number>>;
}

const { cases } = JSON.parse(readFileSync(new URL('../fixtures/metrics.golden.json', import.meta.url), 'utf8')) as {
  readonly cases: readonly Reference[];
};

describe('metrics', () => {
  it.each(cases.map((one) => [one.name, one] as const))('agree with scikit-learn: %s', (_, one) => {
    const rows = { scores: Float64Array.from(one.scores), labels: Float64Array.from(one.labels) };
    const given = metricsOf(one.task, rows, one.threshold);
    expect(Object.keys(given)).toEqual(Object.keys(one.metrics));
    for (const [name, value] of Object.entries(one.metrics)) expect(given[name]).toBeCloseTo(value, 12);
  });

  it('have no ROC AUC for one class alone', () => {
    expect(rocAuc([0.1, 0.9], [1, 1])).toBeNaN();
  });

  it('count a score at the threshold as positive', () => {
    expect(accuracy([0.3, 0.3], [1, 0], 0.3)).toBe(0.5);
  });

  it('refuse scores without labels', () => {
    expect(() => logLoss([0.5], [])).toThrow('1 scores for 0 labels');
  });
});
