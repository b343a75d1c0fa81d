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

describe('the drift monitor over the log', () => {
  const definition = aMonitoredPipeline({
    features: [
      { name: 'x', type: 'number' },
      { name: 'c', type: 'string' },
    ],
    fields: [{ name: 'region', type: 'string' }],
    slices: ['region'],
    monitors: [
      {
        ...A_MONITOR,
        kind: 'drift',
        reference: 'previous',
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
  });
  afterAll(() => log.drop());

  /** Rows one after another from the beginning of the n-th window on. */
  async function given(n: number, rows: number, columns: Readonly<Record<string, string>>): Promise<void> {
    await log.generate('predictions', rows, {
      event_id: `concat('${n}-', toString(number))`,
      event_time: `fromUnixTimestamp64Milli(${windowOf(n).startMs} + number % ${MINUTE}, 'UTC')`,
      role: "'champion'",
      score: '0.5',
      log_offset: `${n * 1_000_000} + number`,
      ...columns,
    });
  }

  /** The n-th window and the one before, which are next to each other only if the window is two minutes long. */
  const twoMinutes = (n: number): MonitorContext => ({
    ...contextOf(n, 0),
    window: { startMs: windowOf(n).startMs, endMs: windowOf(n).startMs + 2 * MINUTE },
  });

  it('is held against the window before, of the same length and the same cut', async () => {
    await given(10, 1_000, { x: 'number', c: "'a'" });
    await given(11, 500, { x: 'number', c: "'a'" });
    const cut = { ...WHOLE_LOG, predictions: [10_000_400] };
    const { measurements } = await log.run('watch', twoMinutes(11));
    const ks = measurements.find(({ metric, subject }) => metric === 'kolmogorov_smirnov' && subject === 'x')!;
    expect(ks).toMatchObject({ value: 0.5, rows: 500, referenceRows: 1_000 });
    // Of the window before only what was known then; of this one, nothing was.
    const early = await log.run('watch', { ...twoMinutes(11), cut });
    expect(early.measurements.find(({ metric }) => metric === 'psi')).toMatchObject({
      rows: 0,
      referenceRows: 400,
      value: null,
      verdict: 'insufficient',
    });
  });

  it('gives evidence: the slices that shifted most, and rows that are unlike the reference', async () => {
    const columns = {
      c: "if(number % 2 = 0, 'a', 'b')",
      region: "if(number % 4 < 2, 'north', 'south')",
      trace_id: 'lower(hex(toFixedString(toString(number), 16)))',
    };
    await given(20, 2_000, { x: 'number % 100', ...columns });
    await given(21, 2_000, {
      ...columns,
      x: "if(region = 'south', number % 100 + 60, number % 100)",
      c: "if(number = 7, 'never before', if(number = 8, NULL, 'a'))",
    });
    const context = twoMinutes(21);
    const { measurements } = await log.run('watch', context);
    const of = (subject: string): Measurement =>
      measurements.find((one) => one.metric === 'psi' && one.subject === subject)!;
    const number = await log.evidence('watch', of('x'), context);
    expect(number).toMatchObject({ rows: 2_000, reference_rows: 2_000 });
    expect(number.slices).toEqual([
      { slice: 'region=south', value: expect.any(Number), rows: 1_000 },
      { slice: 'region=north', value: expect.any(Number), rows: 1_000 },
    ]);
    expect(number.slices[0]!.value).toBeGreaterThan(1);
    expect(number.slices[1]!.value).toBeLessThan(0.01);
    expect(number.examples.map(({ offset }) => offset % 100)).toEqual([99, 99, 99, 99, 99]);
    expect(number.examples[0]!.trace_id).toMatch(/^[0-9a-f]{32}$/);
    const category = await log.evidence('watch', of('c'), context);
    expect(
      category.examples
        .slice(0, 2)
        .map(({ event_id: id }) => id)
        .sort(),
    ).toEqual(['21-7', '21-8']);
  });

  it('represents a window of very many rows by some of them, always the same', async () => {
    await given(31, 600_000, { x: 'number % 1000' });
    const first = await log.run('watch', twoMinutes(31));
    const second = await log.run('watch', twoMinutes(31));
    const psi = first.measurements.find(({ metric, subject }) => metric === 'psi' && subject === 'x')!;
    expect(psi.rows).toBeGreaterThan(95_000);
    expect(psi.rows).toBeLessThan(105_000);
    const bySubject = (rows: readonly Record<string, unknown>[]) =>
      rows.toSorted((a, b) => (String(a['subject']) < String(b['subject']) ? -1 : 1));
    expect(bySubject(second.rows)).toEqual(bySubject(first.rows));
  });
});
