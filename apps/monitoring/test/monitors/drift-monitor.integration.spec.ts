import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Measurement } from '#contracts';
import type { MonitorContext } from '#domain/monitors';
import { A_MONITOR, aMonitoredPipeline, MonitoredLog, WHOLE_LOG } from './support/monitored-log.js';

interface Case {
  readonly name: string;
  readonly type: 'number' | 'string';
  readonly reference: readonly unknown[];
  readonly window: readonly unknown[];
  readonly scores?: readonly number[];
  readonly bins: number;
  readonly importance?: number;
  readonly [figure: string]: unknown;
}

/** tools/reference/drift.py */
const { cases } = JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures/drift.golden.json'), 'utf8')) as {
  readonly cases: readonly Case[];
};

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 1);

/** The window of the n-th sample; the one before it has no rows. */
function windowOf(n: number): MonitorContext['window'] {
  const startMs = START + 2 * n * MINUTE;
  return { startMs, endMs: startMs + MINUTE };
}

function contextOf(n: number, referenceRows: number): MonitorContext {
  return {
    window: windowOf(n),
    cut: WHOLE_LOG,
    cutBefore: null,
    model: { version: String(n), referenceRows, calibration: null },
  };
}

describe('the statistics of the drift monitor', () => {
  const definition = aMonitoredPipeline({
    features: [
      { name: 'x', type: 'number' },
      { name: 'c', type: 'string' },
    ],
    monitors: [
      {
        ...A_MONITOR,
        kind: 'drift',
        reference: 'training',
        features: ['x', 'c'],
        score: true,
        numeric: 'psi',
        categorical: 'jensen_shannon',
        falseDiscoveryRate: 0.05,
      },
    ],
  });
  let log: MonitoredLog;

  beforeAll(async () => {
    log = await MonitoredLog.create(definition);
    const column = ({ type }: Case): string => (type === 'number' ? 'x' : 'c');
    await log.insert(
      'model_reference',
      cases.flatMap((one, n) =>
        one.reference.map((value, row) => ({
          model_version: String(n),
          row,
          [`feature_${column(one)}`]: value,
          score: one.scores?.[row] ?? 0.5,
        })),
      ),
    );
    await log.insert(
      'predictions',
      cases.flatMap((one, n) =>
        one.window.map((value, row) => ({
          event_id: `${n}-${row}`,
          event_time: windowOf(n).startMs + row,
          role: 'champion',
          score: 0.5,
          log_offset: 1_000 * n + row,
          [column(one)]: value,
        })),
      ),
    );
  });
  afterAll(() => log.drop());

  async function figuresOf(n: number, subject: string): Promise<ReadonlyMap<string, Measurement>> {
    const { measurements } = await log.run('watch', contextOf(n, cases[n]!.reference.length || 1));
    return new Map(measurements.filter((one) => one.subject === subject).map((one) => [one.metric, one]));
  }

  /** Sums are made in another order than NumPy's; where a number is all but zero, that is what it is. */
  function expectEqual(actual: number | null | undefined, expected: unknown, what: string): void {
    if (expected === undefined) return expect({ what, actual: actual ?? null }).toEqual({ what, actual: null });
    const difference = Math.abs((actual ?? NaN) - (expected as number));
    expect({ what, actual, expected, isEqual: difference <= 1e-9 * Math.abs(expected as number) + 1e-10 }).toEqual({
      what,
      actual,
      expected,
      isEqual: true,
    });
  }

  it.each(cases.map((one, n) => [one.type, one.name, n] as const))(
    'of %ss, %s: equal SciPy',
    async (type, _name, n) => {
      const one = cases[n]!;
      const figures = await figuresOf(n, type === 'number' ? 'x' : 'c');
      const spread = 1 / one.reference.length + 1 / one.window.length;
      expectEqual(figures.get('psi')?.value, one.psi, 'PSI');
      expectEqual(figures.get('psi')?.pValue, one.psi_p, 'p of PSI');
      // The square root of a difference that is all but zero keeps half of its digits.
      const distance = figures.get('jensen_shannon')?.value;
      expectEqual(
        distance === null || distance === undefined ? distance : distance ** 2,
        one.jensen_shannon === undefined ? undefined : (one.jensen_shannon as number) ** 2,
        'squared Jensen–Shannon distance',
      );
      expectEqual(figures.get('jensen_shannon')?.pValue, one.jensen_shannon_p, 'p of the Jensen–Shannon distance');
      if (type === 'number') {
        expectEqual(figures.get('kolmogorov_smirnov')?.value, one.kolmogorov_smirnov, 'KS');
        expectEqual(figures.get('kolmogorov_smirnov')?.pValue, one.kolmogorov_smirnov_p, 'p of KS');
        expectEqual(figures.get('wasserstein')?.value, one.wasserstein, 'Wasserstein');
      } else {
        const statistic = one.chi_square_statistic as number | undefined;
        expectEqual(figures.get('chi_square')?.value, statistic && statistic * spread, 'χ²');
        expectEqual(figures.get('chi_square')?.pValue, one.chi_square_p, 'p of χ²');
        expectEqual(figures.get('unseen_ratio')?.value, one.unseen_ratio, 'unseen');
      }
      expect([...figures.values()].every(({ rows }) => rows === one.window.length)).toBe(true);
    },
  );

  it.each(cases.flatMap((one, n) => (one.importance === undefined ? [] : [[one.type, n] as const])))(
    'how much a %s goes with the score equals NumPy',
    async (type, n) => {
      const { rows } = await log.run('watch', contextOf(n, 1));
      const row = rows.find(({ subject }) => subject === (type === 'number' ? 'x' : 'c'))!;
      expectEqual(row.importance as number, cases[n]!.importance, 'importance');
    },
  );
});
