import type { LifecycleEvent } from '#contracts';
import { describeEvent, evidenceLines } from './describe-event.js';

const EVENT: LifecycleEvent = {
  pipeline: 'readings',
  sequence: 12,
  change: { kind: 'rolled_back', to: '1', reason: 'roc_auc' },
  at: Date.UTC(2026, 0, 1, 12),
  clock: Date.UTC(1997, 4, 3),
  run: null,
  rollout: 'rollout-9',
  version: '2',
  champion: '1',
  challenger: null,
  share: 0,
  by: 'retraining',
  summary: 'Version 2 is rolled back, 1 serves.',
  evidence: { metric: 'roc_auc', low: 0.0512345678 },
};

describe('a decision for a person', () => {
  it('says when by both clocks, what, of which version, who, why, and on what', () => {
    expect(describeEvent(EVENT)).toEqual([
      '#12  2026-01-01T12:00:00Z  (data: 1997-05-03T00:00:00Z)  rolled back  version 2  by retraining',
      '    Version 2 is rolled back, 1 serves.',
      '      metric: roc_auc',
      '      low: 0.051235',
    ]);
    const [head] = describeEvent({ ...EVENT, clock: null, version: null, evidence: {} });
    expect(head).toBe('#12  2026-01-01T12:00:00Z  rolled back  by retraining');
  });

  it.each<[string, Record<string, unknown>, readonly string[]]>([
    ['nothing', { a: null, b: [], c: undefined }, []],
    ['what lies deeper by its path', { a: { b: { c: 1 } }, d: [1, 'x'] }, ['a.b.c: 1', 'd: 1, x']],
    [
      'verdicts by their own sentence',
      { gates: [{ gate: 'size', verdict: 'failed', summary: 'Too large.', evidence: { a: 1 } }] },
      ['gates: failed: Too large.'],
    ],
    [
      'steps by what they are',
      { steps: [{ kind: 'shadow', holdMs: 5 }] },
      ['steps[0].kind: shadow', 'steps[0].holdMs: 5'],
    ],
    ['texts without control characters', { a: 'x\u001b[2J' }, ['a: x·[2J']],
  ])('gives evidence: %s', (_, evidence, expected) => {
    expect(evidenceLines(evidence)).toEqual(expected);
  });

  it('keeps long evidence short', () => {
    const lines = evidenceLines({
      query: 'x'.repeat(1_000),
      ...Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`k${i}`, i])),
    });
    expect(lines).toHaveLength(13);
    expect(lines[0]).toHaveLength('query: '.length + 160);
    expect(lines.at(-1)).toBe('… 9 more (--json has them all)');
  });
});
