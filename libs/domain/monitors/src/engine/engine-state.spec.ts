import type { MonitorDefinition, MonitorTick, PipelineDefinition } from '#contracts';
import type { AlertStates } from '#domain/alerts';
import { adopt, NOTHING_EVALUATED, toEngineState, type EngineState } from './engine-state.js';
import type { CompiledMonitor } from '../monitor.js';

const DRIFT = {
  name: 'drift',
  kind: 'anomalies',
  everyMs: 60_000,
  windowMs: 60_000,
  rules: [],
} as unknown as MonitorDefinition;
const SYSTEM = { ...DRIFT, name: 'system' };
const TICK: MonitorTick = {
  tick: 9,
  eventsClock: 600_500,
  labelsClock: null,
  cut: { predictions: [], outcomes: [], quarantine: [] },
  tickedAt: 0,
};

function pipeline(...monitors: readonly MonitorDefinition[]) {
  const definition = { name: 'tides', monitoring: { graceMs: 0, monitors } } as unknown as PipelineDefinition;
  const compiled = monitors.map((monitor) => ({ definition: monitor, clock: 'events' }) as unknown as CompiledMonitor);
  return { definition, revision: 2, monitors: compiled };
}

const ALERT = {
  breaches: 1,
  recoveries: 0,
  firing: {
    id: 'tides/drift/psi/price//60000',
    pipeline: 'tides',
    monitor: 'drift',
    metric: 'psi',
    subject: 'price',
    slice: '',
  },
} as unknown as AlertStates[string];

function evaluated(): EngineState {
  const { state } = adopt(NOTHING_EVALUATED, pipeline(DRIFT, SYSTEM), null, 0);
  const monitors = Object.fromEntries(
    Object.entries(state.monitors).map(([name, progress]) => [name, { ...progress, lastEndMs: 120_000, memory: 7 }]),
  );
  return { ...state, monitors, alerts: { 'drift/psi/price/': ALERT } };
}

describe('what the engine knows', () => {
  it('begins with the log where no clock has ever ticked', () => {
    const { state, changed } = adopt(NOTHING_EVALUATED, pipeline(DRIFT), null, 0);
    expect([state.monitors['drift']?.lastEndMs, changed]).toEqual([null, true]);
  });

  it('goes on for monitors that are as they were, also after it was written down and read again', () => {
    const read = toEngineState(JSON.parse(JSON.stringify(evaluated())));
    const { state, changes, changed } = adopt(read, pipeline(DRIFT, SYSTEM), TICK, 0);
    expect([state, changes, changed]).toEqual([evaluated(), [], false]);
  });

  it('starts a changed monitor anew with the first window that ends after now, and ends its alerts', () => {
    const changed = adopt(evaluated(), pipeline({ ...DRIFT, windowMs: 120_000 }, SYSTEM), TICK, 0);
    expect(changed.state.monitors['drift']).toEqual({
      definition: { ...DRIFT, windowMs: 120_000 },
      graceMs: 0,
      lastEndMs: 600_000,
    });
    expect(changed.state.monitors['system']).toEqual(evaluated().monitors['system']);
    expect(changed.state.alerts).toEqual({});
    expect(changed.changes.map(({ alert }) => [alert.id, alert.state])).toEqual([
      ['tides/drift/psi/price//60000', 'resolved'],
    ]);
    expect(changed.changed).toBe(true);
  });

  it('forgets a monitor that is gone', () => {
    const { state, changed } = adopt(evaluated(), pipeline(DRIFT), TICK, 0);
    expect([Object.keys(state.monitors), changed]).toEqual([['drift'], true]);
  });

  it('refuses what a later release wrote', () => {
    expect(() => toEngineState({ version: 2 })).toThrow(/later release/);
  });
});
