import { readFileSync } from 'node:fs';
import { accuracy, logLoss, rocAuc } from './metrics.js';

interface Reference {
  readonly name: string;
  readonly scores: readonly number[];
  readonly labels: readonly number[];
  readonly accuracy: number;
  readonly rocAuc: number;
  readonly logLoss: number;
}

const references = (
  JSON.parse(readFileSync(new URL('../fixtures/scikit-learn.golden.json', import.meta.url), 'utf8')) as {
    metrics: readonly Reference[];
  }
).metrics;

describe('metrics', () => {
  it.each(references.map((reference) => [reference.name, reference] as const))(
    'agree with scikit-learn: %s',
    (_, { scores, labels, ...expected }) => {
      expect(accuracy(scores, labels)).toBeCloseTo(expected.accuracy, 12);
      expect(rocAuc(scores, labels)).toBeCloseTo(expected.rocAuc, 12);
      expect(logLoss(scores, labels)).toBeCloseTo(expected.logLoss, 12);
    },
  );

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
