import { readFileSync } from 'node:fs';
import type { ModelTask } from '#contracts';
import { metricsOf } from './metrics-of.js';

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
    for (const [name, value] of Object.entries(one.metrics)) expect(given[name]).toBeCloseTo(value, 12);
  });

  it('have no value where the rows do not define one', () => {
    const { roc_auc: area, log_loss: loss } = metricsOf('binary-classification', { scores: Float64Array.of(0.5), labels: Float64Array.of(1) }, 0.5); // prettier-ignore
    expect(area).toBeNaN();
    expect(loss).toBeCloseTo(Math.log(2), 12);
  });

  it('count a score at the threshold as positive', () => {
    const rows = { scores: Float64Array.of(0.3, 0.3), labels: Float64Array.of(1, 0) };
    expect(metricsOf('binary-classification', rows, 0.3)).toMatchObject({ accuracy: 0.5, recall: 1 });
  });
});
