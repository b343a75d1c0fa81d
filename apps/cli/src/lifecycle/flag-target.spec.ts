import type { PipelineDefinition } from '#contracts';
import { flagTargetsOf, flagText, problemOfFlag, type FlagSetting } from './flag-target.js';

const DEFINITION = {
  name: 'readings',
  expectations: [{ name: 'price.range', on: 'flag', kind: 'range', field: 'price', min: 0 }],
  features: [{ kind: 'field', name: 'price', type: 'number', field: 'price' }],
  model: { task: 'binary-classification', threshold: 0.5 },
  monitoring: { graceMs: 0, slices: [], receivers: [], monitors: [{ name: 'drift', kind: 'anomalies' }] },
  explain: { top: 5, sample: 0.1, when: null },
} as unknown as PipelineDefinition;

const problem = (setting: Partial<FlagSetting>) =>
  problemOfFlag({ target: 'explanations', on: false, value: null, share: 1, ...setting }, DEFINITION);

describe('a flag', () => {
  it('has the targets that its pipeline has', () => {
    expect(flagTargetsOf(DEFINITION)).toEqual([
      'explanations',
      'threshold',
      'feature:price',
      'rule:price.range',
      'monitor:drift',
    ]);
    for (const target of flagTargetsOf(DEFINITION)) {
      expect(problem({ target, ...(target === 'threshold' && { on: true, value: 0.7 }) })).toBeUndefined();
    }
  });

  it.each<[Partial<FlagSetting>, string]>([
    [{ target: 'feature:prise' }, 'did you mean "feature:price"?'],
    [{ target: 'rule:weather' }, 'readings has nothing to switch called rule:weather; there are rule:price.range'],
    [{ target: 'retraining' }, 'its file trains nothing by itself (section retrain)'],
    [{ target: 'constructor' }, 'there are explanations, threshold'],
    [{ value: 0.5 }, "--value is the threshold's"],
    [{ target: 'threshold', on: true }, 'a threshold needs its value'],
    [{ target: 'threshold', on: false, value: 0.5 }, 'leave --value out'],
    [{ target: 'threshold', on: true, value: 5 }, 'a number from 0 to 1, not 5'],
    [{ target: 'monitor:drift', share: 0.5 }, 'is no matter of keys: leave --share out'],
    [{ share: 0 }, 'more than 0%'],
  ])('%j is refused: %s', (setting, expected) => {
    expect(problem(setting)).toContain(expected);
  });

  it('is told in a few words', () => {
    expect(flagText({ target: 'feature:price', on: false, value: null, share: 1 })).toBe('feature:price is off');
    expect(flagText({ target: 'threshold', on: true, value: 0.7, share: 0.1 })).toBe(
      'threshold is 0.7 for 10 % of the keys',
    );
  });
});
