import type { ExplainDefinition, PipelineFlag, PredictionRecord } from '#contracts';
import { compileChoice } from './index.js';

const aPrediction = (over: Partial<PredictionRecord> = {}) =>
  ({ event_id: 'e-1', event_key: 'nsw', score: 0.5, decision: 'positive', flags: [], model_version: '1', role: 'champion', ...over }) as unknown as PredictionRecord; // prettier-ignore
const choice = (explain: Partial<ExplainDefinition>, flags: readonly PipelineFlag[] = []) =>
  compileChoice({ name: 'prices', explain: { top: 3, sample: 0, when: null, ...explain } }, flags);
const many = Array.from({ length: 4_000 }, (_, i) => aPrediction({ event_id: `e-${i}` }));

describe('which predictions are explained', () => {
  it('are those of which the expression is true', () => {
    const choose = choice({ when: 'prediction.score > 0.9 || "late" in prediction.flags' });
    expect(choose(aPrediction())).toBeNull();
    expect(choose(aPrediction({ score: 0.95 }))).toBe('when');
    expect(choose(aPrediction({ flags: ['late'] }))).toBe('when');
  });

  it('are not those on which the expression fails', () => {
    const choose = choice({ when: 'prediction.flags[3] == "late"', sample: 1 });
    expect(choose(aPrediction())).toBe('sample');
  });

  it('are a share of all, by the id of the event', () => {
    const sampled = (sample: number) => many.filter((one) => choice({ sample })(one) === 'sample');
    expect(sampled(0)).toHaveLength(0);
    expect(sampled(1)).toHaveLength(4_000);
    // ± 5 standard deviations of a binomial of 4000.
    expect(Math.abs(sampled(0.1).length - 400)).toBeLessThan(95);
    expect(sampled(0.2)).toEqual(expect.arrayContaining(sampled(0.1)));
  });

  it('are none where the flag is off', () => {
    const flag = { target: 'explanations', on: false, value: null, share: 1, since: '', changedBy: '', reason: '' };
    expect(choice({ sample: 1, when: 'true' }, [flag])(aPrediction())).toBeNull();
    expect(choice({ sample: 1 }, [{ ...flag, on: true }])(aPrediction())).toBe('sample');
  });

  it('refuses an expression that is none', () => {
    expect(() => choice({ when: 'prediction.price > 1.0' })).toThrow('explain.when: ');
  });
});
