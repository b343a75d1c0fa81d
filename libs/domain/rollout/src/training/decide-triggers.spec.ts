import type { LifecycleState, PipelineFlag, RetrainDefinition, RunCause } from '#contracts';
import {
  advance,
  decideManualRun,
  decideTriggers,
  NO_LIFECYCLE,
  NOT_SERVING,
  type Decision,
  type LoopRecord,
  type SeenAlert,
  type TriggerInput,
} from '../index.js';

const HOUR = 3_600_000;
const NOON = Date.parse('2026-03-02T12:00:00Z');

const RETRAIN: RetrainDefinition = {
  triggers: [
    { on: 'drift', severity: 'warning' },
    { on: 'performance', severity: 'critical' },
    { on: 'labels', count: 1_000 },
    { on: 'schedule', cron: '0 3 * * *' },
  ],
  coolDownMs: HOUR,
  windowMs: null,
  minRows: 1,
  maxRows: 10,
  holdout: 0.2,
  folds: 2,
  search: null,
  calibration: 'none',
  seed: 1,
};
const only = (...triggers: RetrainDefinition['triggers'][number][]): RetrainDefinition => ({ ...RETRAIN, triggers });

const anAlert = (offset: number, change: Partial<SeenAlert['alert']> = {}, partition = 0): SeenAlert => ({
  partition,
  offset,
  alert: {
    id: 'drift/price',
    kind: 'drift',
    monitor: 'drift',
    state: 'firing',
    severity: 'warning',
    summary: 'psi of price is 0.3.',
    value: 0.3,
    threshold: 0.2,
    window_end: NOON,
    ...change,
  },
});

const fresh: LoopRecord = { state: NO_LIFECYCLE('fraud'), serving: NOT_SERVING('fraud') };
const MANUAL: Decision[] = [...decideManualRun('asked', 5, fresh.state)];

function after(record: LoopRecord, clock: number, ...decisions: readonly Decision[]): LoopRecord {
  const { state, serving } = advance(record, decisions, { by: 'controller', atMs: 1, clock });
  return { state, serving };
}
const failed: Decision = {
  change: { kind: 'run_failed', reason: 'no rows' },
  version: null,
  summary: '',
  evidence: {},
};

function ask(state: LifecycleState, change: Partial<TriggerInput> = {}) {
  const newAlerts = change.newAlerts ?? [];
  const ends = newAlerts.map(({ offset }) => offset + 1);
  return decideTriggers({
    definition: RETRAIN,
    state,
    clock: NOON + 60_000,
    alertOffsets: [Math.max(0, ...ends)],
    labels: 1,
    flags: [],
    logBegan: NOON,
    ...change,
    newAlerts,
  });
}

const causeIn = (decisions: readonly Decision[]): RunCause | undefined =>
  decisions.flatMap(({ change }) => (change.kind === 'run_requested' ? [change.cause] : []))[0];
const off = (target: string): PipelineFlag => ({
  target,
  on: false,
  value: null,
  share: 1,
  since: '',
  changedBy: 'ann',
  reason: '',
});

describe('what asks for a run', () => {
  it('is an alert that fires, at its severity or above', () => {
    expect(causeIn(ask(fresh.state, { newAlerts: [anAlert(7)] }))).toEqual({
      kind: 'drift',
      alertId: 'drift/price',
      detail: 'psi of price is 0.3.',
    });
    expect(ask(fresh.state, { newAlerts: [anAlert(7, { severity: 'info' })] })).toEqual([]);
    expect(ask(fresh.state, { newAlerts: [anAlert(7, { kind: 'performance' })] })).toEqual([]);
    expect(ask(fresh.state, { newAlerts: [anAlert(7, { kind: 'quality', severity: 'critical' })] })).toEqual([]);
  });

  it('is the worst of several', () => {
    const worse = anAlert(8, { id: 'performance', kind: 'performance', severity: 'critical' });
    expect(causeIn(ask(fresh.state, { newAlerts: [anAlert(7), worse] }))?.kind).toBe('performance');
  });

  it('is not one that is resolved, or whose monitor is off', () => {
    expect(causeIn(ask(fresh.state, { newAlerts: [anAlert(7), anAlert(8, { state: 'resolved' })] }))).toBeUndefined();
    expect(ask(fresh.state, { newAlerts: [anAlert(7)], flags: [off('monitor:drift')] })).toEqual([]);
  });

  it('is a number of labels since the last run', () => {
    expect(ask(fresh.state, { labels: 999 })).toEqual([]);
    expect(causeIn(ask(fresh.state, { labels: 1_000 }))?.kind).toBe('labels');
    const once = after(fresh, NOON - 2 * HOUR, ...ask(fresh.state, { labels: 1_000 }), failed);
    expect(once.state.labelsAtLastRun).toBe(1_000);
    expect(ask(once.state, { labels: 1_999, definition: only({ on: 'labels', count: 1_000 }) })).toEqual([]);
    expect(causeIn(ask(once.state, { labels: 2_000, definition: only({ on: 'labels', count: 1_000 }) }))?.detail).toBe(
      '1000 labels have come since the last run, 1000 ask for one.',
    );
    expect(ask(fresh.state, { labels: null })).toEqual([]);
  });

  it('is a time that has passed on the clock, once however many have', () => {
    const week = NOON + 7 * 24 * HOUR;
    expect(ask(fresh.state, { clock: NOON + 14 * HOUR })).toEqual([]);
    const asked = ask(fresh.state, { clock: week });
    expect(causeIn(asked)?.detail).toBe('it is scheduled for 2026-03-03T03:00:00.000Z (0 3 * * *).');
    const done = after(fresh, week, ...asked, failed);
    expect(ask(done.state, { clock: week + 2 * HOUR })).toEqual([]);
    expect(causeIn(ask(done.state, { clock: week + 16 * HOUR }))?.kind).toBe('schedule');
  });

  it('is nothing before the first event', () => {
    expect(ask(fresh.state, { clock: null, labels: 5_000, newAlerts: [anAlert(1)] })).toEqual([]);
    // Fewer labels than a model is trained on: the run would only fail.
    expect(ask(fresh.state, { labels: 0, newAlerts: [anAlert(1)] })).toEqual([]);
    expect(ask(fresh.state, { clock: NOON + 48 * HOUR, logBegan: null })).toEqual([]);
  });
});

describe('what holds it back', () => {
  const running = after(fresh, NOON, ...MANUAL);
  const cooling = after(running, NOON, failed);
  const trial = after(
    fresh,
    NOON - 2 * HOUR,
    { change: { kind: 'champion_set', version: '1', reason: '' }, version: '1', summary: '', evidence: {} },
    {
      change: { kind: 'rollout_started', version: '2', against: '1', steps: [{ kind: 'approval' }], reason: '' },
      version: '2',
      summary: '',
      evidence: {},
    },
  );

  it.each([
    ['a run', running.state, []],
    ['the cool-down', cooling.state, []],
    ['a rollout', trial.state, []],
    ['the flag', fresh.state, [off('retraining')]],
  ] as const)('%s, and nothing is lost by it', (_, state, flags) => {
    const newAlerts = [anAlert(7, { window_end: NOON + 1 })];
    expect(ask(state, { newAlerts, labels: 5_000, flags })).toEqual([]);
    expect(causeIn(ask({ ...state, run: null, rollout: null }, { newAlerts, clock: NOON + HOUR }))?.kind).toBe('drift');
  });

  it.each([
    [running.state, 'run-1 is under way'],
    [cooling.state, 'the cool-down was not over'],
    [trial.state, 'rollout-2 is under way'],
  ])('and an alert that went meanwhile is passed over, once (%#)', (state, why) => {
    const newAlerts = [anAlert(7, { window_end: NOON + 1 }), anAlert(8, { window_end: NOON + 2, state: 'resolved' })];
    const [decision, ...more] = ask(state, { newAlerts });
    expect(more).toEqual([]);
    expect(decision).toMatchObject({
      change: { kind: 'alerts_seen', offsets: [9], passedOver: { kind: 'drift', alertId: 'drift/price' } },
      summary: expect.stringContaining(why),
    });
    const next = after({ state, serving: trial.serving }, NOON, decision!);
    expect(ask(next.state, { newAlerts: [], alertOffsets: [9] })).toEqual([]);
  });

  it('does not hold a person back from a cool-down', () => {
    expect(causeIn(decideManualRun('now', 7, cooling.state))?.kind).toBe('manual');
    expect(after(cooling, NOON, ...decideManualRun('now', 7, cooling.state)).state.run?.requestedBy).toBe('controller');
  });
});

describe('an alert that goes on firing after its run', () => {
  const asked = after(fresh, NOON + 60_000, ...ask(fresh.state, { newAlerts: [anAlert(7)] }), failed);

  it('asks again after each cool-down', () => {
    expect(asked.state.alertOffsets).toEqual([]);
    expect(ask(asked.state, { newAlerts: [anAlert(7)], clock: NOON + HOUR })).toEqual([]);
    expect(causeIn(ask(asked.state, { newAlerts: [anAlert(7)], clock: NOON + 2 * HOUR }))?.kind).toBe('drift');
  });

  it('asks only once where there is no cool-down', () => {
    const definition = { ...only({ on: 'drift', severity: 'warning' }), coolDownMs: 0 };
    expect(ask(asked.state, { definition, newAlerts: [anAlert(7)], clock: NOON + 2 * HOUR })).toEqual([]);
    const risen = anAlert(8, { severity: 'critical', window_end: NOON + 2 * HOUR });
    expect(
      causeIn(ask(asked.state, { definition, newAlerts: [anAlert(7), risen], clock: NOON + 3 * HOUR }))?.kind,
    ).toBe('drift');
  });

  it('is passed silently when it ends', () => {
    const newAlerts = [anAlert(7), anAlert(8, { state: 'resolved', window_end: NOON + HOUR })];
    expect(ask(asked.state, { newAlerts, clock: NOON + 2 * HOUR })).toEqual([]);
  });
});

it('passes alerts that nobody waits for many at a time, each partition by itself', () => {
  const many = Array.from({ length: 600 }, (_, i) => anAlert(i, { id: `q${i}`, kind: 'quality' }, i % 2));
  expect(ask(fresh.state, { newAlerts: many.slice(0, 255), alertOffsets: [255, 255] })).toEqual([]);
  const held = anAlert(300, { window_end: NOON }, 1);
  const [seen] = ask(fresh.state, { newAlerts: [...many, held], alertOffsets: [600, 600], flags: [off('retraining')] });
  expect(seen?.change).toEqual({ kind: 'alerts_seen', offsets: [600, 300], passedOver: null });
});
