import fc from 'fast-check';
import type { GateResult, LifecycleChange, LifecycleEvent, RolloutStep } from '#contracts';
import { advance, foldRecord, largestShare, NO_LIFECYCLE, NOT_SERVING, NotAllowed, type LoopRecord } from './index.js';

const PIPELINE = 'electricity';
const DATASET = {
  artifactUri: 'file:///d',
  artifactSha256: 'cc',
  sha256: 'aa',
  rows: 3,
  fromMs: 0,
  toMs: 3,
  query: 'SELECT 1',
  source: null,
};
const CANDIDATE = {
  artifactUri: 'file:///m',
  sha256: 'bb',
  explainer: null,
  trainer: 'gbdt',
  parameters: {},
  metrics: {},
  seconds: 1,
};

const aShare = fc.constantFrom(0.05, 0.25, 0.5, 1);
const aStep: fc.Arbitrary<RolloutStep> = fc.oneof(
  fc.record({ kind: fc.constant('shadow' as const), holdMs: fc.constant(1_000) }),
  fc.record({ kind: fc.constantFrom('canary' as const, 'ab' as const), share: aShare, holdMs: fc.constant(1_000) }),
  fc.record({ kind: fc.constant('approval' as const) }),
);
const aVersion = fc.constantFrom('1', '2', '3');
const gates = (failed: readonly string[]): readonly GateResult[] =>
  ['holdout', 'size'].map((gate) => ({
    gate,
    verdict: failed.includes(gate) ? 'failed' : 'passed',
    summary: gate,
    evidence: {},
  }));

/** Any change at all; what does not fit is refused, and that is part of the law. */
const aChange: fc.Arbitrary<LifecycleChange> = fc.oneof(
  fc.record({
    kind: fc.constant('run_requested' as const),
    cause: fc.record({
      kind: fc.constantFrom('manual' as const, 'drift' as const),
      alertId: fc.constant(null),
      detail: fc.constant('why'),
    }),
    labels: fc.nat(100),
  }),
  fc.constantFrom<LifecycleChange[]>(
    { kind: 'run_resumed' },
    { kind: 'data_collected', dataset: DATASET },
    { kind: 'model_trained', candidate: CANDIDATE },
    { kind: 'gates_judged', gates: gates([]) },
    { kind: 'gates_judged', gates: gates(['size']) },
    { kind: 'candidate_rejected', gates: ['size'] },
    { kind: 'run_failed', reason: 'no rows' },
    { kind: 'run_cancelled', reason: 'by hand' },
    { kind: 'approved' },
    { kind: 'paused' },
    { kind: 'resumed' },
    { kind: 'watch_ended' },
    { kind: 'aborted', reason: 'by hand' },
    { kind: 'flag_switched', target: 'retraining', on: false, value: null },
  ),
  fc.record({
    kind: fc.constant('version_registered' as const),
    version: aVersion,
    run: fc.constantFrom(null, ...Array.from({ length: 12 }, (_, i) => `run-${i}`)),
  }),
  fc.record({ kind: fc.constant('guards_looked' as const), looks: fc.integer({ min: 1, max: 4 }) }),
  fc.record({
    kind: fc.constant('alerts_seen' as const),
    offsets: fc.array(fc.nat(5), { maxLength: 3 }),
    passedOver: fc.constant(null),
  }),
  fc.record({
    kind: fc.constant('rollout_started' as const),
    version: aVersion,
    against: aVersion,
    steps: fc.array(aStep, { maxLength: 3 }),
    reason: fc.constant('new'),
  }),
  fc.record({ kind: fc.constant('step_entered' as const), step: fc.nat(3) }),
  fc.record({ kind: fc.constant('promoted' as const), version: aVersion, watched: fc.boolean() }),
  fc.record({ kind: fc.constant('rolled_back' as const), to: aVersion, reason: fc.constant('worse') }),
  fc.record({ kind: fc.constant('champion_set' as const), version: aVersion, reason: fc.constant('by hand') }),
);

const FIRST: LifecycleChange = { kind: 'champion_set', version: '1', reason: 'first' };
const START = { kind: 'rollout_started', version: '2', against: '1', reason: 'new' } as const;
const REQUESTED: LifecycleChange = {
  kind: 'run_requested',
  cause: { kind: 'manual', alertId: null, detail: 'asked' },
  labels: 0,
};

/** Begins where it gets far: a champion, and often a run or a rollout. */
const aHistory = fc.tuple(
  fc.oneof(
    fc.constantFrom<LifecycleChange[][]>([], [FIRST], [FIRST, REQUESTED]),
    fc.tuple(fc.array(aStep, { maxLength: 3 }), fc.boolean()).map(([steps, watched]): LifecycleChange[] => [
      FIRST,
      { ...START, steps },
      // Refused where there is more than a step.
      { kind: 'promoted', version: '2', watched },
    ]),
  ),
  fc.array(fc.tuple(aChange, fc.nat(3)), { maxLength: 60, size: 'max' }),
);

interface Played {
  readonly record: LoopRecord;
  readonly events: readonly LifecycleEvent[];
  /** After each event. */
  readonly records: readonly LoopRecord[];
}

function play([first, rest]: readonly [
  readonly LifecycleChange[],
  readonly (readonly [LifecycleChange, number])[],
]): Played {
  let record: LoopRecord = { state: NO_LIFECYCLE(PIPELINE), serving: NOT_SERVING(PIPELINE) };
  let clock = 1_000;
  const events: LifecycleEvent[] = [];
  const records: LoopRecord[] = [];
  for (const [change, tick] of [...first.map((one) => [one, 1] as const), ...rest]) {
    clock += tick;
    // What a person approves goes on in the same transaction.
    const group: readonly LifecycleChange[] =
      change.kind === 'step_entered' && tick === 0 ? [{ kind: 'approved' }, change] : [change];
    const decisions = group.map((one) => ({ change: one, version: '2', summary: one.kind, evidence: {} }));
    try {
      const next = advance(record, decisions, { by: 'test', atMs: clock, clock });
      for (const event of next.events) {
        events.push(event);
        records.push(foldRecord(records.at(-1) ?? record, event));
      }
      record = { state: next.state, serving: next.serving };
    } catch (error) {
      if (!(error instanceof NotAllowed)) throw error;
    }
  }
  return { record, events, records };
}

describe('any history that the machine allows', () => {
  const law = (name: string, check: (played: Played) => void): void =>
    it(name, () =>
      fc.assert(
        fc.property(aHistory, (history) => check(play(history))),
        { numRuns: 300 },
      ),
    );

  law('is read again to the same state and the same serving', ({ record, events, records }) => {
    expect(records.at(-1) ?? record).toEqual(record);
    const again = events.reduce<LoopRecord>((before, event) => foldRecord(before, event), {
      state: NO_LIFECYCLE(PIPELINE),
      serving: NOT_SERVING(PIPELINE),
    });
    expect(again).toEqual(record);
    // As it lies on a topic.
    expect(JSON.parse(JSON.stringify(record))).toEqual(record);
  });

  law('is numbered without gaps', ({ record, events }) => {
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, i) => i + 1));
    expect(record.state.sequence).toBe(events.length);
  });

  law('says in each event who serves after it', ({ events, records }) => {
    for (const [i, event] of events.entries()) {
      const { champion, challenger } = records[i]!.serving;
      expect([event.champion, event.challenger, event.share]).toEqual([
        champion?.version ?? null,
        challenger?.version ?? null,
        challenger?.share ?? 0,
      ]);
    }
  });

  law('never gives the challenger more than the largest share up to its step', ({ records }) => {
    for (const { state, serving } of records) {
      if (serving.challenger === null) continue;
      const { rollout } = state;
      expect(rollout).not.toBeNull();
      const most = rollout!.phase === 'watch' ? 0 : largestShare(rollout!.steps, rollout!.step);
      expect(serving.challenger.share).toBeLessThanOrEqual(most);
    }
  });

  law(
    'has a challenger exactly while there is a rollout, and it is the version on trial or the one before',
    ({ records }) => {
      for (const { state, serving } of records) {
        const { rollout } = state;
        expect(serving.challenger === null).toBe(rollout === null);
        if (rollout === null) continue;
        const [champion, challenger] =
          rollout.phase === 'watch' ? [rollout.version, rollout.against] : [rollout.against, rollout.version];
        expect([serving.champion?.version, serving.challenger?.version]).toEqual([champion, challenger]);
      }
    },
  );

  law('has one run at a time, each begun once and ended once', ({ events }) => {
    let open: string | null = null;
    for (const { change, sequence } of events) {
      if (change.kind === 'run_requested') {
        expect(open).toBeNull();
        open = `run-${sequence}`;
      }
      const ends =
        ['candidate_rejected', 'run_failed', 'run_cancelled'].includes(change.kind) ||
        (change.kind === 'version_registered' && change.run !== null);
      if (ends) {
        expect(open).not.toBeNull();
        open = null;
      }
    }
  });

  law('counts up who serves only when that changes', ({ records }) => {
    let before = NOT_SERVING(PIPELINE);
    for (const { serving } of records) {
      const { sequence: a, ...was } = before;
      const { sequence: b, ...is } = serving;
      expect(b).toBe(JSON.stringify(was) === JSON.stringify(is) ? a : a + 1);
      before = serving;
    }
  });
});

it('reaches promotions, rollbacks and watches in these histories, so that the laws say something', () => {
  const kinds = fc
    .sample(aHistory, { numRuns: 300, seed: 1 })
    .flatMap((history) => play(history).events.map((e) => e.change.kind));
  for (const kind of [
    'promoted',
    'rolled_back',
    'watch_ended',
    'aborted',
    'data_collected',
    'guards_looked',
  ] as const) {
    expect(kinds.filter((one) => one === kind).length).toBeGreaterThan(5);
  }
});
