import type { PipelineFlag } from '#contracts';
import { compileToggle } from './compile-toggle.js';

const off: PipelineFlag = {
  target: 'explanations',
  on: false,
  value: null,
  share: 1,
  since: '2026-01-01T00:00:00Z',
  changedBy: 'test',
  reason: '',
};
const keys = Array.from({ length: 2_000 }, (_, index) => `card-${index}`);
const goingOn = (...flags: readonly PipelineFlag[]) => keys.filter(compileToggle(flags, 'explanations')).length;

describe('compileToggle', () => {
  it('goes on unless a flag of its target is off', () => {
    expect(goingOn()).toBe(2_000);
    expect(goingOn({ ...off, target: 'retraining' }, { ...off, on: true })).toBe(2_000);
    expect(goingOn(off)).toBe(0);
  });

  it('stops for the share of the keys that the flag names', () => {
    // ± 5 standard deviations of a binomial of 2000.
    expect(Math.abs(goingOn({ ...off, share: 0.25 }) - 1_500)).toBeLessThan(97);
  });
});
