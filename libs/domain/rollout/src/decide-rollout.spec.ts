import type { GuardDefinition, PipelineDefinition, RolloutDefinition, RolloutState, RolloutStep } from '#contracts';
import {
  advance,
  decideApproval,
  decidePause,
  decideRollout,
  NO_LIFECYCLE,
  NOT_SERVING,
  type Decision,
  type GuardReading,
  type LoopRecord,
  type RolloutInput,
  type RolloutProgress,
} from './index.js';

const MINUTE = 60_000;
const START = 1_000 * MINUTE;
const SHADOW: RolloutStep = { kind: 'shadow', holdMs: 10 * MINUTE };
const CANARY: RolloutStep = { kind: 'canary', share: 0.1, holdMs: 20 * MINUTE };
const AB: RolloutStep = { kind: 'ab', share: 0.5, holdMs: 20 * MINUTE };

const ACCURACY: GuardDefinition = { metric: 'accuracy', worseBy: 0.02, minRows: 100 };
const DEFINITION: RolloutDefinition = {
  steps: [SHADOW, CANARY],
  guards: [ACCURACY],
  falseRollbackRate: 0.05,
  falsePromotionRate: null,
  minLabelled: 100,
  watchMs: 0,
  deadlineMs: 600 * MINUTE,
};
const ENOUGH: RolloutProgress = { events: 500, compared: 500, labelled: 400, labelDelayMs: 0 };

/** Of 1,000 events the challenger was wrong in so many more than the champion. */
function reading(worse: number, changes: Partial<GuardReading> = {}): GuardReading {
  const count = changes.events ?? 1_000;
  return {
    metric: 'accuracy',
    purpose: 'guard',
    sql: 'SELECT 1',
    events: count,
    difference: { count, sum: worse, squares: Math.abs(worse) + 50, blocks: [] },
    own: { count, sum: 100, squares: 100, blocks: [] },
    challenger: 0.1 + worse / count,
    champion: 0.1,
    ...changes,
  };
}

const plain = (change: Decision['change']): Decision => ({ change, version: '2', summary: '', evidence: {} });

function begun(steps: readonly RolloutStep[]): LoopRecord {
  const fresh = { state: NO_LIFECYCLE('fraud'), serving: NOT_SERVING('fraud') };
  return at(
    fresh,
    0,
    plain({ kind: 'champion_set', version: '1', reason: 'first' }),
    plain({ kind: 'rollout_started', version: '2', against: '1', steps, reason: 'new' }),
  );
}

function at(record: LoopRecord, minute: number, ...decisions: readonly Decision[]): LoopRecord {
  const { state, serving } = advance(record, decisions, { by: 'test', atMs: 1, clock: START + minute * MINUTE });
  return { state, serving };
}

interface Look extends Partial<RolloutInput> {
  readonly definition?: Partial<RolloutDefinition>;
}

function look({ state }: LoopRecord, minute: number, { definition, ...changes }: Look = {}): readonly Decision[] {
  const rollout = { ...DEFINITION, ...definition };
  return decideRollout({
    pipeline: { rollout, model: { task: 'binary-classification', threshold: 0.5 } },
    rollout: state.rollout!,
    clock: START + minute * MINUTE,
    labelsClock: null,
    readings: [reading(0)],
    progress: ENOUGH,
    ...changes,
  });
}

const kinds = (decisions: readonly Decision[]): readonly string[] => decisions.map(({ change }) => change.kind);
const summary = ([decision]: readonly Decision[]): string => decision?.summary ?? '';

describe('a step', () => {
  const record = begun([SHADOW, CANARY]);

  it('is passed once it has held', () => {
    expect(kinds(look(record, 9))).toEqual(['guards_looked']);
    const passed = look(record, 10);
    expect(passed).toMatchObject([{ change: { kind: 'step_entered', step: 1 }, version: '2' }]);
    expect(summary(passed)).toBe(
      'Version 2 serves 10 % of the keys (step 2 of 2): 500 events were scored by both in 10 minutes, 400 of them labelled, and no guard is breached.',
    );
    expect(passed[0]?.evidence).toMatchObject({ guards: [{ metric: 'accuracy', verdict: 'ok', query: 'SELECT 1' }] });
  });

  it('is promoted from when it is the last', () => {
    const last = at(record, 10, ...look(record, 10));
    expect(look(last, 29)).toEqual([expect.objectContaining({ change: { kind: 'guards_looked', looks: 1 } })]);
    expect(look(last, 30)).toMatchObject([{ change: { kind: 'promoted', version: '2', watched: false } }]);
    expect(look(last, 30, { definition: { watchMs: 1 } })).toMatchObject([{ change: { watched: true } }]);
  });

  it('waits for as many labels as are asked for', () => {
    const progress = { ...ENOUGH, labelled: 99 };
    expect(kinds(look(record, 10, { progress }))).toEqual(['guards_looked']);
    expect(kinds(look(record, 10, { progress, definition: { minLabelled: 0 } }))).toEqual(['step_entered']);
  });

  it('waits for as long as labels are known to take', () => {
    const progress = { ...ENOUGH, labelDelayMs: 30 * MINUTE };
    expect(kinds(look(record, 39, { progress }))).toEqual(['guards_looked']);
    expect(kinds(look(record, 40, { progress }))).toEqual(['step_entered']);
    expect(kinds(look(record, 40, { progress, labelsClock: START + 39 * MINUTE }))).toEqual(['guards_looked']);
  });

  it('is not passed into promotion before every guard has its rows', () => {
    const last = begun([SHADOW]);
    expect(kinds(look(last, 10, { readings: [reading(0, { events: 99 })] }))).toEqual([]);
    expect(kinds(look(record, 10, { readings: [reading(0, { events: 99 })] }))).toEqual(['step_entered']);
  });
});

describe('a guard that is not sure yet', () => {
  const worse = { readings: [reading(25, { difference: { count: 1_000, sum: 25, squares: 400, blocks: [] } })] };

  it('lets nothing pass that looks bad so far, and rolls it back at the deadline', () => {
    for (const record of [begun([SHADOW, CANARY]), begun([SHADOW])]) {
      expect(kinds(look(record, 10, worse))).toEqual(['guards_looked']);
      expect(kinds(look(record, 601, worse))).toEqual(['rolled_back']);
    }
    expect(summary(look(begun([SHADOW]), 601, worse))).toContain('accuracy lies beyond its bound so far');
  });
});

describe('a breached guard', () => {
  const bad = { readings: [reading(200)] };

  it('rolls back at once, with its figures', () => {
    const [decision] = look(begun([SHADOW]), 1, bad);
    expect(decision).toMatchObject({ change: { kind: 'rolled_back', to: '1' }, version: '2' });
    expect(decision?.summary).toContain(
      'guard breached: accuracy of version 2 is 0.7, of version 1 0.9: worse by 0.2, at least 0.1',
    );
    expect(decision?.evidence).toMatchObject({
      guards: [{ verdict: 'breached', value: 0.2, bound: 0.02, alpha: 0.05, rows: 1_000, query: 'SELECT 1' }],
    });
  });

  it('rolls back in every phase', () => {
    const approval = begun([{ kind: 'approval' }]);
    const canary = begun([CANARY]);
    const watched = at(canary, 1, plain({ kind: 'promoted', version: '2', watched: true }));
    const paused = at(canary, 1, ...decidePause(canary, 'holiday'));
    for (const record of [approval, canary, begun([AB]), watched, paused]) {
      expect(look(record, 2, bad)).toMatchObject([{ change: { kind: 'rolled_back', to: '1' } }]);
    }
    expect(at(watched, 2, ...look(watched, 2, bad)).serving.champion?.version).toBe('1');
  });

  it('needs its rows, and more than what chance gives', () => {
    expect(kinds(look(begun([SHADOW]), 1, { readings: [reading(90, { events: 99 })] }))).toEqual([]);
    expect(kinds(look(begun([SHADOW]), 1, { readings: [reading(25)] }))).toEqual(['guards_looked']);
  });

  it('may be one of several bounds, which share the rate', () => {
    const guards = [ACCURACY, { metric: 'error_rate', worseBy: 0.01, above: 0.05, minRows: 10 }];
    const failing = reading(100, { metric: 'error_rate', own: { count: 1_000, sum: 100, squares: 100, blocks: [] } });
    const [decision] = look(begun([SHADOW]), 1, { definition: { guards }, readings: [reading(0), failing] });
    expect(decision?.evidence).toMatchObject({
      guards: [
        { metric: 'accuracy', verdict: 'ok', alpha: 0.05 / 3 },
        { metric: 'error_rate', check: 'worse_by', verdict: 'breached' },
        { metric: 'error_rate', check: 'above', verdict: 'breached' },
      ],
    });
  });
});

describe('a challenger', () => {
  it('that never scores is rolled back when the step has held', () => {
    const progress = { events: 50, compared: 0, labelled: 0, labelDelayMs: null };
    expect(look(begun([SHADOW]), 9, { progress, readings: [] })).toEqual([]);
    const gone = look(begun([SHADOW]), 10, { progress, readings: [] });
    expect(kinds(gone)).toEqual(['rolled_back']);
    expect(summary(gone)).toContain('it scored none of the 50 events of 10 minutes beside version 1');
    expect(look(begun([SHADOW]), 10, { progress: { ...progress, events: 0 }, readings: [] })).toEqual([]);
  });

  it('that does not get through is rolled back at the deadline, which says what was missing', () => {
    const progress = { ...ENOUGH, labelled: 7 };
    expect(kinds(look(begun([SHADOW]), 600, { progress }))).toEqual(['guards_looked']);
    const late = look(begun([SHADOW]), 601, { progress });
    expect(kinds(late)).toEqual(['rolled_back']);
    expect(summary(late)).toContain(
      'not passed its steps within 10 hours: 7 of its events have labels, and 100 are needed',
    );
    // A replay's clock may leap over a deadline; what waits for nothing then goes on.
    expect(kinds(look(begun([SHADOW, CANARY]), 601))).toEqual(['step_entered']);
  });

  it('that has to be better waits for the evidence', () => {
    const definition = { falsePromotionRate: 0.05 };
    const better = (worse: number) => [reading(0), reading(worse, { metric: 'brier', purpose: 'promotion' })];
    expect(kinds(look(begun([SHADOW]), 10, { definition, readings: better(-5) }))).toEqual(['guards_looked']);
    expect(kinds(look(begun([SHADOW]), 10, { definition, readings: [reading(0)] }))).toEqual(['guards_looked']);
    const [promoted] = look(begun([SHADOW]), 10, { definition, readings: better(-150) });
    expect(promoted).toMatchObject({
      change: { kind: 'promoted' },
      evidence: { better: { metric: 'brier', alpha: 0.05, worseByAtMost: expect.any(Number) } },
    });
    expect(kinds(look(begun([SHADOW, CANARY]), 10, { definition, readings: better(-5) }))).toEqual(['step_entered']);
  });
});

describe('a person', () => {
  it('is waited for where the step says so, and passes it', () => {
    for (const step of [{ kind: 'approval' } as const, AB]) {
      const record = begun([step]);
      expect(kinds(look(record, 30))).toEqual(['guards_looked']);
      const approved = decideApproval(record, 'looks well', DEFINITION);
      expect(kinds(approved)).toEqual(['approved', 'promoted']);
      expect(at(record, 30, ...approved).serving.champion?.version).toBe('2');
    }
    expect(summary(look(begun([{ kind: 'approval' }]), 601))).toContain('a person has to approve it');
  });

  it('who has paused it is not overtaken by a step or a deadline', () => {
    const record = begun([SHADOW, CANARY]);
    const paused = at(record, 1, ...decidePause(record, 'holiday'));
    expect(kinds(look(paused, 10))).toEqual(['guards_looked']);
    expect(kinds(look(paused, 10_000))).toEqual(['guards_looked']);
  });

  it('who took the rollout out of the file decides alone', () => {
    const pipeline: Pick<PipelineDefinition, 'model'> = { model: { task: 'binary-classification', threshold: 0.5 } };
    expect(look(begun([SHADOW]), 10_000, { pipeline })).toEqual([]);
  });
});

describe('the watch', () => {
  const canary = begun([CANARY]);
  const watched = at(canary, 20, plain({ kind: 'promoted', version: '2', watched: true }));
  const definition = { watchMs: 60 * MINUTE };

  it('ends by itself once labels of it have come', () => {
    expect(kinds(look(watched, 79, { definition }))).toEqual(['guards_looked']);
    const ended = look(watched, 80, { definition });
    expect(summary(ended)).toBe('Version 2 stays: 60 minutes after its promotion no guard is breached.');
    expect(at(watched, 80, ...ended).serving).toMatchObject({ challenger: null, previous: { version: '1' } });
    const progress = { ...ENOUGH, labelDelayMs: 5 * MINUTE };
    expect(kinds(look(watched, 84, { definition, progress }))).toEqual(['guards_looked']);
    expect(kinds(look(watched, 85, { definition, progress }))).toEqual(['watch_ended']);
  });

  it('has no deadline', () => {
    expect(kinds(look(watched, 601, { definition: { watchMs: 1_000 * MINUTE } }))).toEqual(['guards_looked']);
  });
});

it('looks are told a few times in a step only', () => {
  const record = begun([{ kind: 'shadow', holdMs: 100 * MINUTE }]);
  let next = record;
  const told: number[] = [];
  for (let minute = 0; minute < 100; minute++) {
    const decisions = look(next, minute);
    if (decisions.length > 0) told.push(minute);
    next = at(next, minute, ...decisions);
  }
  expect(told).toEqual([0, 25, 50, 75]);
  expect(next.state.rollout satisfies RolloutState | null).toMatchObject({ looks: 4, lookedAt: START + 75 * MINUTE });
});
