import { formatStatus } from './format-status.js';
import { lagOf, sumDropped, type PipelineStatus } from './pipeline-status.js';

describe('lagOf', () => {
  const ends = [
    { partition: 0, low: 0, high: 100 },
    { partition: 1, low: 50, high: 80 },
  ];

  it('counts what is behind the committed offsets', () => {
    expect(
      lagOf(
        ends,
        new Map([
          [0, 90],
          [1, 80],
        ]),
      ),
    ).toBe(10);
  });

  it('counts a partition without a commit in full, from its first record on', () => {
    expect(
      lagOf(
        ends,
        new Map([
          [0, 100],
          [1, -1],
        ]),
      ),
    ).toBe(30);
  });

  it('does not count what retention has taken away', () => {
    expect(
      lagOf(
        ends,
        new Map([
          [0, 100],
          [1, 10],
        ]),
      ),
    ).toBe(30);
  });
});

it('sums dropped records over partitions', () => {
  expect(sumDropped([{ duplicate: 2 }, {}, { duplicate: 3, late: 1 }])).toEqual({ duplicate: 5, late: 1 });
});

describe('formatStatus', () => {
  const status: PipelineStatus = {
    name: 'fraud',
    revision: 3,
    appliedAt: '2026-01-01T00:00:00.000Z',
    appliedBy: 'ann',
    streams: [
      {
        stream: 'events',
        topic: 'fraud.events',
        partitions: 4,
        end: 1_200,
        groups: [{ service: 'validation', lag: 7, members: 0 }],
      },
    ],
    dropped: { duplicate: 5 },
    champion: null,
    challenger: null,
    rollout: null,
    run: null,
    flags: [],
    logged: { ok: false, reason: 'ClickHouse did not answer' },
  };

  it('shows lag, who does not run, and what is not known', () => {
    expect(formatStatus(status)).toEqual([
      'fraud  revision 3, applied 2026-01-01T00:00:00.000Z by ann',
      '  TOPIC         PARTITIONS    END  READ BY     LAG  RUNNING',
      '  fraud.events           4  1,200  validation    7       no',
      '  logged         not known: ClickHouse did not answer',
      '  dropped        5 duplicate',
      '  champion       none: eddyline train fraud --from <file> --label <column> --register, or eddyline models register',
    ]);
  });

  it('shows what is under way, and what is switched', () => {
    const appointment = { version: '4', since: '2026-01-01T00:00:00.000Z', changedBy: 'retraining', reason: 'run-3' };
    const lines = formatStatus({
      ...status,
      champion: { version: '3', since: '2026-01-01T00:00:00.000Z', sha256: 'a'.repeat(64) },
      challenger: { ...appointment, mode: 'canary', share: 0.05, salt: 'rollout-5' },
      rollout: {
        ...{ id: 'rollout-5', version: '4', against: '3', phase: 'canary', paused: true, salt: 'rollout-5' },
        ...{ startedAt: 0, stepStartedAt: 0, looks: 2, lookedAt: null, startedBy: 'retraining', reason: 'run-3' },
        steps: [
          { kind: 'shadow', holdMs: 3_600_000 },
          { kind: 'canary', share: 0.05, holdMs: 3_600_000 },
        ],
        step: 1,
      },
      run: {
        ...{ id: 'run-9', requestedBy: 'ann', clock: 0, requestedAt: '', phase: 'gating', attempt: 1 },
        cause: { kind: 'manual', alertId: null, detail: 'new tariff' },
        ...{ dataset: null, candidate: null, gates: [] },
      },
      flags: [{ target: 'threshold', on: true, value: 0.7, share: 0.1, since: '', changedBy: 'ann', reason: 'fewer' }],
    });
    expect(lines.slice(6)).toEqual([
      '  challenger     version 4 of 5 % of the keys',
      '  rollout        version 4, paused: step 2 of 2, canary of 5 % for 1h (eddyline rollout status fraud)',
      '  run            run-9 is gating (manual: new tariff)',
      '  switched       threshold is 0.7 for 10 % of the keys',
    ]);
  });

  it('shows what came back of a pipeline that is watched', () => {
    const logged = { ok: true, predictions: 1_200, events: 1_200, quarantined: 3 } as const;
    const lines = (more: object) => formatStatus({ ...status, logged: { ...logged, ...more } });
    expect(lines({ labels: 1_100, outcomes: 1_000, firing: 2 }).slice(3, 6)).toEqual([
      '  logged         1,200 predictions, 3 quarantined',
      '  labelled       1,000 events, by 1,100 labels',
      '  alerts         2 fire',
    ]);
    expect(lines({}).join()).not.toMatch(/labelled|alerts/);
  });
});
