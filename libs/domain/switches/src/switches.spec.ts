import type { PipelineFlag } from '#contracts';
import { compileSwitches } from './compile-switches.js';
import { compileThreshold } from './compile-threshold.js';

const aFlag = (target: string, parts: Partial<PipelineFlag> = {}): PipelineFlag => ({
  target,
  on: false,
  value: null,
  share: 1,
  since: '2026-01-01T00:00:00Z',
  changedBy: 'test',
  reason: '',
  ...parts,
});

const keys = Array.from({ length: 2_000 }, (_, index) => `card-${index}`);

describe('compileSwitches', () => {
  const compiled: string[] = [];
  beforeEach(() => void compiled.splice(0));
  const offFor = (flags: readonly PipelineFlag[], keyOf = (key: string) => key) =>
    compileSwitches(flags, 'feature', ['hour', 'amount'], keyOf, (off) => {
      const text = [...off].sort().join(' ');
      compiled.push(text);
      return text;
    });

  it('makes one variant, and asks for no key, where every switch holds for all', () => {
    const off = offFor([aFlag('feature:hour')], () => {
      throw new Error('asked');
    });
    expect([off('a'), off('b')]).toEqual(['hour', 'hour']);
    expect(compiled).toEqual(['hour']);
  });

  it('minds no other kind, nothing that is on, and nothing that is not there', () => {
    const flags = [
      aFlag('rule:hour'),
      aFlag('feature:amount', { on: true }),
      aFlag('feature:gone'),
      aFlag('retraining'),
    ];
    expect(offFor(flags)('a')).toBe('');
  });

  it('keeps to the share of each switch, each by itself, and makes each combination once', () => {
    const off = offFor([aFlag('feature:hour', { share: 0.25 }), aFlag('feature:amount', { share: 0.5 })]);
    const counts = new Map<string, number>();
    for (const key of [...keys, ...keys]) counts.set(off(key), (counts.get(off(key)) ?? 0) + 0.5);
    expect([...compiled].sort()).toEqual(['', 'amount', 'amount hour', 'hour']);
    // ± 5 standard deviations of a binomial of 2000.
    expect(Math.abs(counts.get('amount hour')! - 250)).toBeLessThan(74);
    expect(Math.abs(counts.get('hour')! - 250)).toBeLessThan(74);
    expect(Math.abs(counts.get('amount')! - 750)).toBeLessThan(108);
  });

  it('adds the keys of a larger share to those of a smaller one', () => {
    const [small, large] = [0.1, 0.3].map((share) => offFor([aFlag('feature:hour', { share })]));
    const gone = keys.filter((key) => small!(key) === 'hour' && large!(key) !== 'hour');
    expect(gone).toEqual([]);
  });
});

describe('compileThreshold', () => {
  it.each([
    ['nothing says otherwise', [], 0.5],
    ['it is off', [aFlag('threshold', { value: 0.9 })], 0.5],
    ['it has no value', [aFlag('threshold', { on: true })], 0.5],
    ['it is on', [aFlag('threshold', { on: true, value: 0.9 })], 0.9],
  ] as const)('where %s', (_, flags, expected) => {
    expect(compileThreshold(flags, 0.5)('a')).toBe(expected);
  });

  it('holds for its share of the keys, the same ones each time', () => {
    const flags = [aFlag('threshold', { on: true, value: 0.9, share: 0.2 })];
    const [first, second] = [compileThreshold(flags, 0.5), compileThreshold(flags, 0.5)];
    expect(keys.map(first)).toEqual(keys.map(second));
    expect(Math.abs(keys.filter((key) => first(key) === 0.9).length - 400)).toBeLessThan(90);
  });
});
