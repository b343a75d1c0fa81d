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
    expect(describeEvent({ ...EVENT, evidence: { clock: EVENT.clock } })).toHaveLength(2);
    const [head] = describeEvent({ ...EVENT, clock: null, version: null, evidence: {} });
    expect(head).toBe('#12  2026-01-01T12:00:00Z  rolled back  by retraining');
  });

  it.each<[string, Record<string, unknown>, readonly string[]]>([
    ['nothing', { a: null, b: [], c: undefined }, []],
    ['what lies deeper by its path', { a: { b: { c: 1 } }, d: [1, 'x'] }, ['a.b: c 1', 'd: 1, x']],
    [
      'figures of one thing in one line, those named alike in one of their own, long texts below',
      {
        metrics: { rows: 7, 'train.auc': 0.9123456, 'train.f1': 1, 'holdout.auc': 0.8 },
        data: { sha256: 'f'.repeat(64), rows: 9, source: null },
      },
      [
        'metrics: rows 7',
        'metrics.train: auc 0.91235, f1 1',
        'metrics.holdout: auc 0.8',
        'data: rows 9',
        `data.sha256: ${'f'.repeat(64)}`,
      ],
    ],
    [
      'times and durations as such',
      {
        clock: Date.UTC(2026, 0, 1),
        due: Date.UTC(2026, 0, 2),
        startedAt: Date.UTC(2026, 0, 3),
        window: { fromMs: Date.UTC(2025, 0, 1), holdMs: 5_400_000 },
        graceMs: 0,
      },
      [
        'clock: 2026-01-01T00:00:00Z',
        'due: 2026-01-02T00:00:00Z',
        'startedAt: 2026-01-03T00:00:00Z',
        'window: from 2025-01-01T00:00:00Z, hold 1h 30m',
        'grace: 0ms',
      ],
    ],
    [
      'verdicts by their own sentence',
      {
        gates: [
          { gate: 'size', verdict: 'failed', summary: 'Too large.', evidence: { a: 1 } },
          { gate: 'slices', verdict: 'not_applicable', summary: 'None.' },
        ],
      },
      ['gates: size failed: Too large.', 'gates: slices not applicable: None.'],
    ],
    [
      'what guards say, not their queries',
      { guards: [{ metric: 'brier', verdict: 'ok', query: 'SELECT 1', explanation: 'brier of 2 is 0.1, of 1 0.2' }] },
      ['guards: ok: brier of 2 is 0.1, of 1 0.2'],
    ],
    [
      'steps by what they are',
      {
        steps: [
          { kind: 'shadow', holdMs: 5 },
          { kind: 'canary', share: 0.1 },
        ],
      },
      ['steps: kind shadow, hold 5ms', 'steps: kind canary, share 0.1'],
    ],
    ['texts without control characters', { a: 'x\u001b[2J' }, ['a: x·[2J']],
  ])('gives evidence: %s', (_, evidence, expected) => {
    expect(evidenceLines({ evidence, clock: null })).toEqual(expected);
  });

  it('keeps long evidence short', () => {
    const evidence = {
      query: 'x'.repeat(1_000),
      ...Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`k${i}`, i])),
    };
    const lines = evidenceLines({ evidence, clock: null });
    expect(lines).toHaveLength(13);
    expect(lines[0]).toHaveLength('query: '.length + 160);
    expect(lines.at(-1)).toBe('… 9 more (--json has them all)');
  });
});
