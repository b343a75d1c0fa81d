import type { Measurement, Verdict } from '#contracts';
import { formatInstant, formatRun, formatRuns } from './format-monitors.js';
import { worstOf, type RunResult } from './run-monitors.js';

function aFigure(verdict: Verdict, change: Partial<Measurement> = {}): Measurement {
  return {
    metric: 'psi',
    subject: 'price',
    slice: '',
    value: 0.123456,
    referenceValue: null,
    low: null,
    high: null,
    pValue: null,
    qValue: null,
    rows: 1_344,
    referenceRows: null,
    coverage: null,
    verdict,
    threshold: 0.1,
    recovered: false,
    explanation: verdict === 'ok' ? '' : `it is ${verdict}`,
    ...change,
  };
}

function aRun(...measurements: readonly Measurement[]): RunResult {
  return {
    monitor: 'drift',
    kind: 'drift',
    windowStart: Date.UTC(1997, 3, 10),
    windowEnd: Date.UTC(1997, 4, 8, 0, 30),
    modelVersion: '1',
    measurements,
    query: 'SELECT 1',
    durationMs: 12.4,
  };
}

describe('a run', () => {
  it('is told by its figures', () => {
    expect(formatRun(aRun(aFigure('warning', { low: 0.1, high: 0.2, slice: 'region=nsw' }), aFigure('ok')))).toEqual([
      'drift  1997-04-10 … 1997-05-08T00:30Z, model version 1, 12 ms of ClickHouse',
      '  METRIC  OF                       VALUE   INTERVAL  REFERENCE   ROWS  BOUND  VERDICT',
      '  psi     price where region=nsw  0.1235  0.1 … 0.2          –  1,344    0.1  warning',
      '  psi     price                   0.1235          –          –  1,344    0.1  ok',
      '',
      '  it is warning',
    ]);
  });

  it('among others is one line, by what is worst in it', () => {
    expect(formatRuns([aRun(aFigure('ok'), aFigure('critical'), aFigure('insufficient'))])[1]).toMatch(
      /^drift {4}1997-04-10 … 1997-05-08T00:30Z {2}critical {8}3 {7}1 {2}it is critical$/,
    );
  });

  it('that measured nothing has no worst figure', () => {
    expect(worstOf([])).toBeUndefined();
    expect(formatRuns([aRun()])[1]).toContain('–');
  });

  it('says times to the minute', () => {
    expect([0, 1_800_000, 1_000].map(formatInstant)).toEqual([
      '1970-01-01',
      '1970-01-01T00:30Z',
      '1970-01-01T00:00:01.000Z',
    ]);
  });
});
