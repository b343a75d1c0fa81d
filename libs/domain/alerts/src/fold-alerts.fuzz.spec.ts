import fc from 'fast-check';
import type { AlertRecord, Measurement, MonitorDefinition, Verdict } from '#contracts';
import type { AlertStates } from './alert-change.js';
import { alertStateKeyOf } from './alert-keys.js';
import { foldAlerts } from './fold-alerts.js';

const RUNS = fc.readConfigureGlobal().numRuns ?? 100;
const RANK: readonly string[] = ['info', 'warning', 'critical'];
const SUBJECTS = ['', 'price', 'a/b', '__proto__', 'a%2Fb'];

/** What one window says of each subject; a subject that it does not name is not measured. */
type WindowVerdicts = readonly { readonly subject: string; readonly verdict: Verdict; readonly recovered: boolean }[];

const aWindow: fc.Arbitrary<WindowVerdicts> = fc.uniqueArray(
  fc.record({
    subject: fc.constantFrom(...SUBJECTS),
    verdict: fc.constantFrom<Verdict>('ok', 'ok', 'insufficient', 'info', 'warning', 'critical'),
    recovered: fc.boolean(),
  }),
  { selector: ({ subject }) => subject, maxLength: SUBJECTS.length },
);

function aMonitor(fireAfter: number, resolveAfter: number): MonitorDefinition {
  return {
    kind: 'anomalies',
    name: 'odd/one',
    everyMs: 1_000,
    windowMs: 1_000,
    minRows: 1,
    fireAfter,
    resolveAfter,
    hysteresis: 0,
    rules: [],
  };
}

function measurementOf({ subject, verdict, recovered }: WindowVerdicts[number]): Measurement {
  return {
    metric: 'score_mean',
    subject,
    slice: '',
    value: 1,
    referenceValue: null,
    low: null,
    high: null,
    pValue: null,
    qValue: null,
    rows: 1,
    referenceRows: null,
    coverage: null,
    verdict,
    threshold: 0,
    recovered: verdict === 'ok' && recovered,
    explanation: '',
  };
}

function run(monitor: MonitorDefinition, windows: readonly WindowVerdicts[], carry = (states: AlertStates) => states) {
  let states: AlertStates = {};
  const alerts: Omit<AlertRecord, 'evidence'>[] = [];
  for (const [at, window] of windows.entries()) {
    const fold = foldAlerts(states, {
      pipeline: 'p',
      pipelineRevision: 1,
      monitor,
      windowStart: at * 1_000,
      windowEnd: (at + 1) * 1_000,
      modelVersion: '1',
      query: '',
      measurements: window.map(measurementOf),
      noticedAt: at,
    });
    states = carry(fold.states);
    alerts.push(...fold.changes.map(({ alert }) => alert));
  }
  return { states, alerts };
}

const cases = [
  fc.integer({ min: 1, max: 3 }),
  fc.integer({ min: 1, max: 3 }),
  fc.array(aWindow, { maxLength: 40 }),
] as const;

describe('foldAlerts, whatever the verdicts', () => {
  it('never fires twice without resolving in between, save to tell a higher severity under the same id', () => {
    fc.assert(
      fc.property(...cases, (fireAfter, resolveAfter, windows) => {
        const firing = new Map<string, Omit<AlertRecord, 'evidence'>>();
        for (const alert of run(aMonitor(fireAfter, resolveAfter), windows).alerts) {
          const key = alertStateKeyOf(alert);
          const before = firing.get(key);
          if (alert.state === 'firing' && before !== undefined) {
            expect(alert.id).toBe(before.id);
            expect(RANK.indexOf(alert.severity)).toBeGreaterThan(RANK.indexOf(before.severity));
          }
          if (alert.state === 'resolved') {
            expect(alert.id).toBe(before?.id);
            firing.delete(key);
          } else firing.set(key, alert);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('fires exactly where a count over the windows by hand does', () => {
    fc.assert(
      fc.property(...cases, (fireAfter, resolveAfter, windows) => {
        const { alerts } = run(aMonitor(fireAfter, resolveAfter), windows);
        const byHand = SUBJECTS.flatMap((subject) => changesByHand(subject, fireAfter, resolveAfter, windows));
        const turns = alerts.filter(
          ({ state, fired_at, window_end }) => state === 'resolved' || fired_at === window_end,
        );
        const told = turns.map(({ subject, state, window_end }) => `${window_end} ${subject} ${state}`);
        expect(new Set(told)).toEqual(new Set(byHand));
      }),
      { numRuns: RUNS },
    );
  });

  it('knows only subjects that fire or were beyond a bound last', () => {
    fc.assert(
      fc.property(...cases, (fireAfter, resolveAfter, windows) => {
        for (const progress of Object.values(run(aMonitor(fireAfter, resolveAfter), windows).states)) {
          expect(progress.firing !== null || progress.breaches > 0).toBe(true);
          expect(progress.breaches).toBeLessThanOrEqual(fireAfter);
          expect(progress.recoveries).toBeLessThan(resolveAfter);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('goes on from a checkpoint written as JSON as if it had never stopped', () => {
    fc.assert(
      fc.property(...cases, (fireAfter, resolveAfter, windows) => {
        const monitor = aMonitor(fireAfter, resolveAfter);
        const rewritten = run(monitor, windows, (states) => JSON.parse(JSON.stringify(states)) as AlertStates);
        expect(rewritten).toEqual(run(monitor, windows));
      }),
      { numRuns: RUNS },
    );
  });
});

/** The definition, one subject at a time, severities left aside. */
function changesByHand(
  subject: string,
  fireAfter: number,
  resolveAfter: number,
  windows: readonly WindowVerdicts[],
): readonly string[] {
  const changes: string[] = [];
  let firing = false;
  let row = 0;
  for (const [at, window] of windows.entries()) {
    const mine = window.find((figure) => figure.subject === subject);
    const blind = window.every(({ verdict }) => verdict === 'insufficient');
    if (mine === undefined ? blind : mine.verdict === 'insufficient') continue;
    const beyond = mine !== undefined && mine.verdict !== 'ok';
    const counts = firing ? mine === undefined || (mine.verdict === 'ok' && mine.recovered) : beyond;
    row = counts ? row + 1 : 0;
    if (row < (firing ? resolveAfter : fireAfter)) continue;
    firing = !firing;
    row = 0;
    changes.push(`${(at + 1) * 1_000} ${subject} ${firing ? 'firing' : 'resolved'}`);
  }
  return changes;
}
