import type { Candidate, Dataset, LifecycleChange, RolloutStep } from '#contracts';
import {
  advance,
  decideAbort,
  decideApproval,
  decideChampion,
  decidePause,
  decideResume,
  decideRollback,
  decideRolloutStart,
  decideSubmission,
  NO_LIFECYCLE,
  NOT_SERVING,
  type Decision,
  type LoopRecord,
} from './index.js';

const EMPTY: LoopRecord = { state: NO_LIFECYCLE('fraud'), serving: NOT_SERVING('fraud') };
const SHADOW: RolloutStep = { kind: 'shadow', holdMs: 10 };
const CANARY: RolloutStep = { kind: 'canary', share: 0.05, holdMs: 10 };
const HALF: RolloutStep = { kind: 'ab', share: 0.5, holdMs: 10 };
const APPROVAL: RolloutStep = { kind: 'approval' };
const WATCHED = { watchMs: 60_000 };
const UNWATCHED = { watchMs: 0 };

const decided = (change: LifecycleChange): Decision => ({ change, version: null, summary: change.kind, evidence: {} });

function after(record: LoopRecord, ...decisions: readonly (Decision | LifecycleChange)[]): LoopRecord {
  const all = decisions.map((one) => ('change' in one ? one : decided(one)));
  const { state, serving } = advance(record, all, { by: 'ann', atMs: 1_700_000_000_000, clock: 5_000 });
  return { state, serving };
}

const served = after(EMPTY, { kind: 'champion_set', version: '1', reason: 'first' });
const rollingOut = (...steps: readonly RolloutStep[]): LoopRecord =>
  after(served, { kind: 'rollout_started', version: '2', against: '1', steps, reason: 'better' });
const promoted: LifecycleChange = { kind: 'promoted', version: '2', watched: false };

function roles({ serving: { champion, challenger, previous } }: LoopRecord) {
  return {
    champion: champion?.version ?? null,
    challenger: challenger && `${challenger.version} ${challenger.mode} ${challenger.share}`,
    previous: previous?.version ?? null,
  };
}

describe('who serves', () => {
  it('is nobody at first, then whom a person names', () => {
    expect(roles(EMPTY)).toEqual({ champion: null, challenger: null, previous: null });
    expect(served.serving).toEqual({
      kind: 'serving',
      pipeline: 'fraud',
      sequence: 1,
      champion: { version: '1', since: '2023-11-14T22:13:20.000Z', changedBy: 'ann', reason: 'first' },
      challenger: null,
      previous: null,
    });
  });

  it('follows the steps, and approval keeps what was before it', () => {
    let record = rollingOut(SHADOW, CANARY, APPROVAL, HALF);
    expect(roles(record).challenger).toBe('2 shadow 0');
    record = after(record, { kind: 'step_entered', step: 1 });
    expect(roles(record).challenger).toBe('2 canary 0.05');
    record = after(record, { kind: 'step_entered', step: 2 });
    expect(roles(record)).toEqual({ champion: '1', challenger: '2 canary 0.05', previous: null });
    record = after(record, ...decideApproval(record, 'looks well', UNWATCHED));
    expect(roles(record).challenger).toBe('2 ab 0.5');
    record = after(record, ...decideApproval(record, 'is better', UNWATCHED));
    expect(roles(record)).toEqual({ champion: '2', challenger: null, previous: '1' });
    expect(record.state).toMatchObject({ rollout: null, promotions: 1 });
  });

  it('keeps its keys through a rollout, and deals anew in the next one', () => {
    const first = rollingOut(CANARY);
    const second = after(first, { kind: 'aborted', reason: 'no' }, decided({ ...START, steps: [CANARY] }));
    expect(first.serving.challenger?.salt).toBe('rollout-2');
    expect(second.serving.challenger?.salt).toBe('rollout-4');
  });

  it('has the version before look on in the watch, and goes back to it', () => {
    const watched = after(rollingOut(CANARY), { ...promoted, watched: true });
    expect(roles(watched)).toEqual({ champion: '2', challenger: '1 shadow 0', previous: '1' });
    expect(watched.state.rollout).toMatchObject({ phase: 'watch', step: 1, stepStartedAt: 5_000 });
    const back = after(watched, { kind: 'rolled_back', to: '1', reason: 'worse' });
    expect(roles(back)).toEqual({ champion: '1', challenger: null, previous: null });
    expect(roles(after(watched, { kind: 'watch_ended' }))).toEqual({ champion: '2', challenger: null, previous: '1' });
  });

  it('is the champion as before when a challenger is dropped', () => {
    for (const change of [
      { kind: 'rolled_back', to: '1', reason: 'worse' },
      { kind: 'aborted', reason: 'no' },
    ] as const) {
      expect(roles(after(rollingOut(CANARY), change))).toEqual({ champion: '1', challenger: null, previous: null });
    }
  });
});

const START = { kind: 'rollout_started', version: '2', against: '1', reason: 'better' } as const;

describe('by hand', () => {
  const definition = {
    ...WATCHED,
    guards: [],
    falseRollbackRate: 0.05,
    falsePromotionRate: null,
    minLabelled: 0,
    deadlineMs: 1,
  };
  const start = (record: LoopRecord, steps: readonly RolloutStep[] | null, clock: number | null) =>
    decideRolloutStart(record, {
      version: '2',
      reason: 'better',
      definition: steps === null ? undefined : { ...definition, steps },
      clock,
    });

  it.each([
    ['through its steps', served, [SHADOW], 5, { champion: '1', challenger: '2 shadow 0', previous: null }],
    ['at once without a rollout', served, null, 5, { champion: '2', challenger: null, previous: '1' }],
    ['at once where nothing served', EMPTY, [SHADOW], 5, { champion: '2', challenger: null, previous: null }],
    ['at once where the log is empty', served, [SHADOW], null, { champion: '2', challenger: null, previous: '1' }],
    ['at once without steps, and watched', served, [], 5, { champion: '2', challenger: '1 shadow 0', previous: '1' }],
  ] as const)('a version comes to serve %s', (_, record, steps, clock, expected) => {
    expect(roles(after(record, ...start(record, steps, clock)))).toEqual(expected);
  });

  it('a rollback drops the challenger first, and goes back a version then', () => {
    const record = rollingOut(CANARY);
    expect(roles(after(record, ...decideRollback(record, 'complaints')))).toMatchObject({
      champion: '1',
      challenger: null,
    });
    const done = after(record, promoted);
    expect(roles(after(done, ...decideRollback(done, 'complaints')))).toEqual({
      champion: '1',
      challenger: null,
      previous: null,
    });
  });

  it('a champion that is set ends what is under way', () => {
    const trial = rollingOut(CANARY);
    expect(roles(after(trial, ...decideChampion(trial, '3', 'hotfix')))).toEqual({
      champion: '3',
      challenger: null,
      previous: '1',
    });
    const watched = after(trial, { ...promoted, watched: true });
    expect(roles(after(watched, ...decideChampion(watched, '3', 'hotfix')))).toEqual({
      champion: '3',
      challenger: null,
      previous: '2',
    });
  });

  it('a rollout is paused, goes on, and is given up', () => {
    let record = rollingOut(SHADOW, CANARY);
    record = after(record, ...decidePause(record, 'holiday'));
    expect(record.state.rollout?.paused).toBe(true);
    record = after(record, ...decideResume(record, 'back'));
    expect(record.state.rollout?.paused).toBe(false);
    expect(after(record, ...decideAbort(record, 'no')).state.rollout).toBeNull();
  });
});

describe('a run', () => {
  const cause = { kind: 'manual', alertId: null, detail: 'asked' } as const;
  const candidate = { sha256: 'ff' } as Candidate;
  const collected: LifecycleChange = { kind: 'data_collected', dataset: {} as Dataset };

  it('trains where it was asked for a model, and only gates where it was handed one', () => {
    const asked = after(served, { kind: 'run_requested', cause, labels: 0 }, collected);
    expect(asked.state.run).toMatchObject({ phase: 'training', candidate: null });
    const handed = after(served, decideSubmission(candidate, 'from elsewhere', 7, served.state), collected);
    expect(handed.state.run).toMatchObject({ phase: 'gating', candidate, cause: { detail: 'from elsewhere' } });
  });
});

describe('what is refused, and why', () => {
  const paused = after(rollingOut(CANARY), { kind: 'paused' });
  const running = after(served, {
    kind: 'run_requested',
    cause: { kind: 'manual', alertId: null, detail: 'asked' },
    labels: 0,
  });
  const gate = (verdict: 'passed' | 'failed') => ({ gate: 'holdout', verdict, summary: '', evidence: {} });
  const toGating: LifecycleChange[] = [
    { kind: 'data_collected', dataset: null as never },
    { kind: 'model_trained', candidate: null as never },
  ];

  it.each<[string, LoopRecord, readonly LifecycleChange[], string]>([
    ['a rollout without a champion', EMPTY, [{ ...START, steps: [] }], 'no version serves'],
    ['of the champion', served, [{ ...START, version: '1', steps: [] }], 'version 1 serves already'],
    ['against another', served, [{ ...START, against: '9', steps: [] }], 'version 1 serves, not 9'],
    ['a second one', rollingOut(SHADOW), [{ ...START, steps: [] }], 'rollout-2 of version 2 is in the phase shadow'],
    ['a share of all too many', served, [{ ...START, steps: [{ ...CANARY, share: 1.5 }] }], 'not in (0, 1]'],
    ['a step left out', rollingOut(SHADOW, CANARY, HALF), [{ kind: 'step_entered', step: 2 }], 'is in step 1'],
    ['a step that is not there', rollingOut(SHADOW), [{ kind: 'step_entered', step: 1 }], 'has 1 steps'],
    ['promotion before the end', rollingOut(SHADOW, CANARY), [promoted], 'is in step 1 of 2'],
    ['promotion of another', rollingOut(SHADOW), [{ ...promoted, version: '3' }], 'the challenger is version 2'],
    ['promotion without approval', rollingOut(APPROVAL), [promoted], 'waits for approval'],
    ['the end of an A/B test by itself', rollingOut(HALF), [promoted], 'waits for approval'],
    ['approval of what asks for none', rollingOut(SHADOW), [{ kind: 'approved' }], 'is in the phase shadow'],
    ['a step while paused', paused, [promoted], 'is paused'],
    ['a pause in a pause', paused, [{ kind: 'paused' }], 'is paused'],
    ['going on without a pause', rollingOut(SHADOW), [{ kind: 'resumed' }], 'is not paused'],
    ['the way back to a stranger', rollingOut(SHADOW), [{ kind: 'rolled_back', to: '7', reason: '' }], 'not 7'],
    ['the way back from the first', served, [{ kind: 'rolled_back', to: '', reason: '' }], 'no version is known'],
    [
      'giving up what serves',
      after(rollingOut(), { ...promoted, watched: true }),
      [{ kind: 'aborted', reason: '' }],
      'watch',
    ],
    ['a champion in a rollout', rollingOut(SHADOW), [{ kind: 'champion_set', version: '3', reason: '' }], 'shadow'],
    ['the champion again', served, [{ kind: 'champion_set', version: '1', reason: '' }], 'serves already'],
    ['looking back', rollingOut(SHADOW), [{ kind: 'guards_looked', looks: 0 }], '0 times already'],
    [
      'a second run',
      running,
      [{ kind: 'run_requested', cause: { kind: 'manual', alertId: null, detail: '' }, labels: 0 }],
      'run-2 is collecting',
    ],
    [
      'a trigger in a rollout',
      rollingOut(SHADOW),
      [{ kind: 'run_requested', cause: { kind: 'drift', alertId: 'a', detail: '' }, labels: 0 }],
      'a trigger waits',
    ],
    ['a phase twice', running, [toGating[0]!, toGating[0]!], 'run-2 is training'],
    ['a run that is not there', served, [{ kind: 'run_resumed' }], 'no run is under way'],
    [
      'a version before its gates',
      running,
      [{ kind: 'version_registered', version: '2', run: 'run-2' }],
      'has not passed the gates',
    ],
    [
      'a version of a run long gone',
      running,
      [{ kind: 'version_registered', version: '2', run: 'run-1' }],
      'run-1 is not the run',
    ],
    [
      'a version that failed',
      running,
      [
        ...toGating,
        { kind: 'gates_judged', gates: [gate('failed')] },
        { kind: 'version_registered', version: '2', run: 'run-2' },
      ],
      'did not pass holdout',
    ],
    [
      'a rejection of what passed',
      running,
      [
        ...toGating,
        { kind: 'gates_judged', gates: [gate('passed')] },
        { kind: 'candidate_rejected', gates: ['holdout'] },
      ],
      'no gate says so',
    ],
  ])('%s', (_, record, changes, objection) => {
    expect(() => after(record, ...changes)).toThrow(objection);
  });

  it('alerts that were looked at', () => {
    const seen = after(served, { kind: 'alerts_seen', offsets: [4, 2], passedOver: null });
    expect(() => after(seen, { kind: 'alerts_seen', offsets: [4], passedOver: null })).toThrow('partition 1');
  });

  it('all of it, where one decision of several does not fit', () => {
    const record = rollingOut(SHADOW);
    expect(() => after(record, { kind: 'paused' }, { kind: 'paused' })).toThrow(
      'fraud: paused is not possible: rollout-2 of version 2 is paused.',
    );
    expect(record.state.rollout?.paused).toBe(false);
  });
});
