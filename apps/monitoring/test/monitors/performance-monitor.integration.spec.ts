import { readFileSync } from 'node:fs';
import type { Measurement, ModelTask, MonitorDefinition } from '#contracts';
import { BINARY_METRICS, MULTICLASS_METRICS, REGRESSION_METRICS, type MonitorContext } from '#domain/monitors';
import { A_MONITOR, aMonitoredPipeline, MonitoredLog, WHOLE_LOG } from './support/monitored-log.js';

interface Reference {
  readonly name: string;
  readonly labels: readonly number[];
  /** Multiclass: by class. */
  readonly scores: readonly (number | readonly number[])[];
  readonly decisions: readonly (number | string)[];
  readonly regions: readonly string[];
  /** By slice, then by metric. */
  readonly expected: Readonly<Record<string, Readonly<Record<string, number | null>>>>;
}

const references = JSON.parse(
  readFileSync(new URL('fixtures/performance.golden.json', import.meta.url), 'utf8'),
) as Readonly<Record<'binary' | 'multiclass' | 'regression', readonly Reference[]>>;

const TASKS = [
  ['binary-classification', references.binary, BINARY_METRICS],
  ['multiclass-classification', references.multiclass, MULTICLASS_METRICS],
  ['regression', references.regression, REGRESSION_METRICS],
] as const;

/** A window each, an hour apart. */
const MINUTE = 60_000;
const windowOf = (place: number): MonitorContext => ({
  window: { startMs: Date.UTC(2026, 0, 1, place), endMs: Date.UTC(2026, 0, 1, place) + MINUTE },
  cut: WHOLE_LOG,
  cutBefore: null,
  model: null,
});

function aPerformanceMonitor(changes: Partial<Extract<MonitorDefinition, { kind: 'performance' }>> = {}) {
  return {
    ...A_MONITOR,
    kind: 'performance',
    metrics: BINARY_METRICS,
    delayMs: 0,
    minCoverage: 0.5,
    confidence: 0.95,
    ...changes,
  } as const;
}

function aPipeline(task: ModelTask, ...monitors: readonly MonitorDefinition[]) {
  return aMonitoredPipeline({
    model: { task, threshold: 0.5 },
    fields: [{ name: 'region', type: 'string' }],
    slices: ['region'],
    monitors,
  });
}

/** Served predictions and their labels within the window of a case. */
async function log(
  to: MonitoredLog,
  place: number,
  { labels, scores, decisions, regions }: Omit<Reference, 'name' | 'expected'>,
) {
  const rows = labels.map((label, row) => {
    const score = scores[row]!;
    return {
      event_id: `${place}-${row}`,
      event_time: windowOf(place).window.startMs + row,
      role: 'champion',
      model_version: '1',
      score: typeof score === 'number' ? score : Math.max(...score),
      class_scores: typeof score === 'number' ? [] : score,
      decision:
        decisions[row] === ''
          ? ''
          : typeof score === 'number'
            ? ['negative', 'positive'][decisions[row] as number]
            : String(decisions[row]),
      region: regions[row],
      label,
    };
  });
  await to.insert(
    'predictions',
    rows.map(({ label: _, ...prediction }) => prediction),
  );
  await to.insert('outcome_revisions', rows);
}

const figure = (measurements: readonly Measurement[], metric: string, slice = '') =>
  measurements.find((one) => one.metric === metric && one.slice === slice)!;

describe.each(TASKS)('performance of %s', (task, cases, metrics) => {
  let logged: MonitoredLog;
  beforeAll(async () => {
    logged = await MonitoredLog.create(aPipeline(task, aPerformanceMonitor({ metrics })));
    for (const [place, one] of cases.entries()) await log(logged, place, one);
  });
  afterAll(() => logged.drop());

  it.each(cases.map((one, place) => [one.name, place] as const))(
    'is what scikit-learn computes: %s',
    async (_, place) => {
      const { expected, labels } = cases[place]!;
      const { measurements } = await logged.run('watch', windowOf(place));
      for (const [slice, values] of Object.entries(expected)) {
        for (const metric of metrics) {
          const found = figure(measurements, metric, slice);
          const wanted = values[metric]!;
          expect([slice, metric, found.value === null]).toEqual([slice, metric, wanted === null]);
          // Sums in another order: 1e-12 of the value.
          if (wanted !== null)
            expect(Math.abs(found.value! - wanted)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(wanted)));
          if (found.low !== null) {
            expect(found.low).toBeLessThanOrEqual(found.value!);
            expect(found.high).toBeGreaterThanOrEqual(found.value!);
          }
        }
      }
      expect(
        measurements
          .map(({ slice }) => slice)
          .toSorted()
          .filter((one, i, all) => one !== all[i - 1]),
      ).toEqual(Object.keys(expected).toSorted());
      expect(figure(measurements, metrics[0])).toMatchObject({ rows: labels.length, coverage: 1 });
    },
  );

  it('has no value where there are no rows', async () => {
    const { measurements } = await logged.run('watch', windowOf(cases.length));
    expect(
      measurements.map(({ metric, slice, value, rows, verdict }) => [metric, slice, value, rows, verdict]),
    ).toEqual(metrics.map((metric) => [metric, '', null, 0, 'insufficient']));
  });
});
