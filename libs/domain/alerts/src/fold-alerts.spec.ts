import type { Measurement, MonitorDefinition, Verdict } from '#contracts';
import type { AlertStates, Evaluation } from './alert-change.js';
import { foldAlerts } from './fold-alerts.js';
import { retireMonitors } from './retire-monitors.js';

const EVERY_MS = 60_000;

const DRIFT = {
  kind: 'drift',
  name: 'drift',
  everyMs: EVERY_MS,
  windowMs: 1_800_000,
  minRows: 500,
  fireAfter: 2,
  resolveAfter: 2,
  hysteresis: 0.2,
  rules: [],
  reference: 'training',
  features: ['nsw_price'],
  score: true,
  numeric: 'psi',
  categorical: 'jensen_shannon',
  falseDiscoveryRate: 0.05,
} satisfies MonitorDefinition;

function aFigure(verdict: Verdict, over: Partial<Measurement> = {}): Measurement {
  const value = { ok: 0.05, insufficient: null, info: 0.15, warning: 0.3, critical: 0.7 }[verdict];
  return {
    metric: 'psi',
    subject: 'nsw_price',
    slice: '',
    value,
    referenceValue: null,
    low: null,
    high: null,
    pValue: null,
    qValue: null,
    rows: 1_204,
    referenceRows: 5_000,
    coverage: null,
    verdict,
    threshold: verdict === 'insufficient' ? null : 0.2,
    recovered: verdict === 'ok',
    explanation: verdict === 'ok' ? '' : `psi of nsw_price is ${value}, above 0.2`,
    ...over,
  };
}

function anEvaluation(
  window: number,
  measurements: readonly Measurement[],
  over: Partial<Evaluation> = {},
): Evaluation {
  return {
    pipeline: 'electricity',
    pipelineRevision: 3,
    monitor: DRIFT,
    windowStart: window * EVERY_MS - DRIFT.windowMs,
    windowEnd: window * EVERY_MS,
    modelVersion: '7',
    query: `SELECT ${window}`,
    measurements,
    noticedAt: 1_700_000_000_000 + window,
    ...over,
  };
}

/** Folds one evaluation per window, from window 1, and tells what changed as `<window> <state> <severity>`. */
function folded(windows: readonly (readonly Measurement[])[], monitor: MonitorDefinition = DRIFT) {
  let states: AlertStates = {};
  const told: string[] = [];
  const alerts = windows.flatMap((measurements, at) => {
    const fold = foldAlerts(states, anEvaluation(at + 1, measurements, { monitor }));
    states = fold.states;
    told.push(...fold.changes.map(({ alert }) => `${at + 1} ${alert.state} ${alert.severity}`));
    return fold.changes.map(({ alert }) => alert);
  });
  return { states, told, alerts };
}

const inRow = (...verdicts: readonly Verdict[]) => verdicts.map((verdict) => [aFigure(verdict)]);
const WITHIN_NOT_RECOVERED = aFigure('ok', { value: 0.19, recovered: false });

describe('foldAlerts', () => {
  it('fires once the bound has been crossed for as many windows in a row as the monitor says', () => {
    expect(folded(inRow('warning', 'warning', 'warning')).told).toEqual(['2 firing warning']);
  });

  it('writes an alert that can be told from its record alone', () => {
    expect(folded(inRow('warning', 'critical')).alerts).toEqual([
      {
        id: 'electricity/drift/psi/nsw_price//120000',
        pipeline: 'electricity',
        monitor: 'drift',
        kind: 'drift',
        metric: 'psi',
        subject: 'nsw_price',
        slice: '',
        state: 'firing',
        severity: 'critical',
        summary: 'psi of nsw_price is 0.7, above 0.2 (2 windows in a row).',
        value: 0.7,
        threshold: 0.2,
        window_start: -1_680_000,
        window_end: 120_000,
        fired_at: 120_000,
        noticed_at: 1_700_000_000_002,
        model_version: '7',
        pipeline_revision: 3,
        query: 'SELECT 2',
      },
    ]);
  });

  it('does not fire where the windows beyond the bound are not in a row', () => {
    expect(folded(inRow('warning', 'ok', 'warning', 'ok')).told).toEqual([]);
    expect(folded([[aFigure('warning')], [WITHIN_NOT_RECOVERED], [aFigure('warning')]]).told).toEqual([]);
  });

  it('passes over insufficient windows, on the way up and on the way down', () => {
    const { told } = folded(inRow('warning', 'insufficient', 'warning', 'ok', 'insufficient', 'insufficient', 'ok'));
    expect(told).toEqual(['3 firing warning', '7 resolved warning']);
  });

  it('tells a rise of severity under the same id, and no fall', () => {
    const { told, alerts } = folded(inRow('info', 'info', 'critical', 'warning', 'critical', 'ok', 'ok'));
    expect(told).toEqual(['2 firing info', '3 firing critical', '7 resolved critical']);
    expect(new Set(alerts.map(({ id }) => id)).size).toBe(1);
    expect(alerts.map(({ fired_at }) => fired_at)).toEqual([120_000, 120_000, 120_000]);
    expect(alerts[1]!.summary).toBe('psi of nsw_price is 0.7, above 0.2: now critical.');
    expect(alerts[2]!.summary).toBe('psi of nsw_price is 0.05, within 0.2 again (2 windows in a row).');
  });

  it('resolves only after recovered windows in a row: within the bound is not enough', () => {
    const windows = [...inRow('warning', 'warning', 'ok'), [WITHIN_NOT_RECOVERED], ...inRow('ok', 'ok')];
    expect(folded(windows).told).toEqual(['2 firing warning', '6 resolved warning']);
  });

  it('begins a new alert, with a new id, after the old one was resolved', () => {
    const { told, alerts } = folded(inRow('warning', 'warning', 'ok', 'ok', 'warning', 'warning'));
    expect(told).toEqual(['2 firing warning', '4 resolved warning', '6 firing warning']);
    expect(alerts[2]!.id).toBe('electricity/drift/psi/nsw_price//360000');
  });

  it('fires at once and resolves at once where the monitor says one window', () => {
    const { told, alerts } = folded(inRow('warning', 'ok'), { ...DRIFT, fireAfter: 1, resolveAfter: 1 });
    expect(told).toEqual(['1 firing warning', '2 resolved warning']);
    expect(alerts.map(({ summary }) => summary)).toEqual([
      'psi of nsw_price is 0.3, above 0.2.',
      'psi of nsw_price is 0.05, within 0.2 again.',
    ]);
  });

  it('keeps subjects and slices apart, however they are called', () => {
    const one = { subject: 'a/b', slice: '' };
    const other = { subject: 'a', slice: 'b/' };
    const { alerts } = folded([1, 2].map(() => [aFigure('warning', one), aFigure('warning', other)]));
    expect(alerts.map(({ id }) => id)).toEqual([
      'electricity/drift/psi/a%2Fb//120000',
      'electricity/drift/psi/a/b%2F/120000',
    ]);
  });

  it('counts a figure that is told twice in one evaluation once', () => {
    expect(folded([[aFigure('warning'), aFigure('warning')]]).told).toEqual([]);
  });

  describe('of a subject that is not measured any more', () => {
    const other = aFigure('ok', { subject: 'nsw_demand' });

    it('resolves its alert after as many windows, saying so', () => {
      const { told, alerts, states } = folded([...inRow('warning', 'warning'), [other], [other]]);
      expect(told).toEqual(['2 firing warning', '4 resolved warning']);
      expect(alerts[1]).toMatchObject({
        value: null,
        summary: 'psi of nsw_price is no longer measured: nothing of it in 2 windows in a row.',
      });
      expect(states).toEqual({});
    });

    it('lets it fire on when it comes back beyond the bound', () => {
      expect(folded([...inRow('warning', 'warning'), [other], ...inRow('warning'), [other]]).told).toHaveLength(1);
    });

    it('forgets windows beyond the bound that did not fire', () => {
      expect(folded([[aFigure('warning')], [other], [aFigure('warning')]]).told).toEqual([]);
    });

    it('says nothing while the evaluation has nothing to tell by', () => {
      const blind = [aFigure('insufficient', { subject: 'nsw_demand' })];
      expect(folded([...inRow('warning', 'warning'), blind, [], blind]).told).toEqual(['2 firing warning']);
    });

    it('leaves the alerts of other monitors alone', () => {
      const { states } = folded(inRow('warning', 'warning'));
      const fold = foldAlerts(states, anEvaluation(3, [other], { monitor: { ...DRIFT, name: 'drif' } }));
      expect(fold).toEqual({ states, changes: [] });
    });
  });

  it('knows nothing of subjects that are well', () => {
    expect(folded(inRow('ok', 'insufficient', 'warning', 'ok')).states).toEqual({});
    expect(folded([[WITHIN_NOT_RECOVERED]]).states).toEqual({});
  });

  it('leaves what it was given as it was', () => {
    const { states } = folded(inRow('warning'));
    const before = structuredClone(states);
    foldAlerts(states, anEvaluation(2, [aFigure('warning')]));
    expect(states).toEqual(before);
  });
});

describe('retireMonitors', () => {
  const at = { pipelineRevision: 4, noticedAt: 5 };

  it('resolves the alerts of monitors that the pipeline has no more, and forgets the rest of them', () => {
    const { states } = folded(
      [1, 2].map((n) => [aFigure('warning'), ...(n === 2 ? [aFigure('info', { slice: 'region=NSW' })] : [])]),
    );
    const { states: after, changes } = retireMonitors(states, {}, at);
    expect(after).toEqual({});
    expect(changes.map(({ alert }) => alert)).toEqual([
      expect.objectContaining({
        id: 'electricity/drift/psi/nsw_price//120000',
        state: 'resolved',
        severity: 'warning',
        noticed_at: 5,
        pipeline_revision: 4,
        summary:
          'psi of nsw_price is no longer measured: the monitor drift was taken out of the pipeline, or switched off.',
      }),
    ]);
  });

  it('keeps those of monitors that it still has', () => {
    const { states } = folded(inRow('warning', 'warning'));
    const monitoring = { graceMs: 0, slices: [], receivers: [], monitors: [DRIFT] };
    expect(retireMonitors(states, { monitoring }, at)).toEqual({ states, changes: [] });
  });
});
