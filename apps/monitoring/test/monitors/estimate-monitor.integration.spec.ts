import { readFileSync } from 'node:fs';
import type { LogCut, MonitorDefinition } from '#contracts';
import type { MonitorContext } from '#domain/monitors';
import { A_MONITOR, aMonitoredPipeline, MonitoredLog, WHOLE_LOG } from './support/monitored-log.js';

interface Reference {
  readonly name: string;
  readonly scores: readonly number[];
  readonly decisions: readonly number[];
  readonly calibration: { readonly scores: readonly number[]; readonly probabilities: readonly number[] };
  readonly expected: Readonly<Record<string, number>>;
}

const { estimate: references } = JSON.parse(
  readFileSync(new URL('fixtures/performance.golden.json', import.meta.url), 'utf8'),
) as { readonly estimate: readonly Reference[] };

const METRICS = ['accuracy', 'precision', 'recall', 'f1', 'roc_auc', 'log_loss', 'brier'];
const anEstimate: MonitorDefinition = { ...A_MONITOR, kind: 'estimate', metrics: METRICS };
const LABEL = {
  schema: { type: 'record', name: 'Label', fields: [] },
  match: { by: 'id', field: 'id' },
  field: 'label',
  values: { kind: 'number' },
  time: null,
  revision: null,
  withinMs: 60_000,
} as const;

const NO_LABELS: LogCut = { ...WHOLE_LOG, outcomes: [] };

/** Windows an hour apart. */
const contextOf = (place: number, changes: Partial<MonitorContext> = {}): MonitorContext => ({
  window: { startMs: Date.UTC(2026, 0, 1, place), endMs: Date.UTC(2026, 0, 1, place) + 60_000 },
  cut: WHOLE_LOG,
  cutBefore: null,
  model: { version: '1', referenceRows: 0, calibration: null },
  ...changes,
});

describe('estimated performance', () => {
  let log: MonitoredLog;
  beforeAll(async () => {
    log = await MonitoredLog.create(aMonitoredPipeline({ label: LABEL, monitors: [anEstimate] }));
    for (const [place, { scores, decisions }] of references.entries()) {
      await log.insert(
        'predictions',
        scores.map((score, row) => ({
          event_id: `${place}-${row}`,
          event_time: contextOf(place).window.startMs + row,
          role: 'champion',
          model_version: '1',
          score,
          decision: decisions[row] === 1 ? 'positive' : 'negative',
        })),
      );
    }
  });
  afterAll(() => log.drop());

  it.each(references.map(({ name }, place) => [name, place] as const))(
    'is what scikit-learn computes where each row is positive with its probability: %s',
    async (_, place) => {
      const { calibration, expected } = references[place]!;
      const model = { version: '1', referenceRows: 0, calibration };
      const { measurements } = await log.run('watch', contextOf(place, { model }));
      for (const metric of METRICS) {
        const { value, low, high, referenceValue } = measurements.find((one) => one.metric === metric)!;
        // Sums in another order: 1e-12 of the value.
        expect([metric, Math.abs(value! - expected[metric]!) <= 1e-12 * Math.max(1, expected[metric]!)]).toEqual([
          metric,
          true,
        ]);
        expect(low!).toBeLessThan(value!);
        expect(high!).toBeGreaterThan(value!);
        expect(referenceValue).toBeNull();
      }
    },
  );

  it('takes the score for the probability where the model came without a calibration', async () => {
    const { measurements } = await log.run('watch', contextOf(0));
    const { scores, decisions } = references[0]!;
    const sure = scores.map((score, row) => (decisions[row] === 1 ? score : 1 - score));
    expect(measurements[0]!.value).toBeCloseTo(sure.reduce((sum, one) => sum + one, 0) / scores.length, 12);
  });

  it('leaves out what another version scored', async () => {
    const model = { version: '2', referenceRows: 0, calibration: null };
    const { measurements } = await log.run('watch', contextOf(0, { model }));
    expect(measurements.map(({ value, rows, verdict }) => [value, rows, verdict])).toEqual(
      METRICS.map(() => [null, 0, 'insufficient']),
    );
  });

  it('has no value for an empty window', async () => {
    const { measurements } = await log.run('watch', contextOf(20, { model: null }));
    expect(measurements.map(({ value, rows }) => [value, rows])).toEqual(METRICS.map(() => [null, 0]));
  });

  describe('of 20,000 rows whose labels follow the calibration', () => {
    const calibration = { scores: [0, 0.5, 1], probabilities: [0.02, 0.3, 0.9] };
    const context = contextOf(10, { model: { version: '1', referenceRows: 0, calibration } });
    const columns = {
      event_id: "concat('e', toString(number))",
      event_time: `fromUnixTimestamp64Milli(toInt64(${context.window.startMs} + number))`,
      role: "'champion'",
      model_version: "'1'",
      score: '(cityHash64(number) % 100000) / 100000',
      decision: "if(score >= 0.4, 'positive', 'negative')",
    };
    const probability = 'if(score < 0.5, 0.02 + 0.56 * score, 0.3 + 1.2 * (score - 0.5))';
    beforeAll(async () => {
      await log.generate('predictions', 20_000, columns);
      await log.generate('outcome_revisions', 20_000, {
        ...columns,
        label: `toFloat64((cityHash64(number, 'label') % 100000) / 100000 < ${probability})`,
        outcome_offset: 'number',
      });
    });

    it('stands beside the realised figure, which lies within its interval', async () => {
      const { measurements } = await log.run('watch', context);
      expect(measurements.map(({ metric, coverage, referenceRows }) => [metric, coverage, referenceRows])).toEqual(
        METRICS.map((metric) => [metric, 1, 20_000]),
      );
      for (const { low, high, referenceValue } of measurements) {
        expect(referenceValue!).toBeGreaterThan(low!);
        expect(referenceValue!).toBeLessThan(high!);
        expect(high! - low!).toBeLessThan(0.05);
      }
    });

    it.each([
      ['none', NO_LABELS, 0],
      ['half', { ...WHOLE_LOG, outcomes: [10_000] }, 0.5],
    ])('stands alone while %s of the labels are there', async (_, cut, coverage) => {
      const { measurements } = await log.run('watch', { ...context, cut });
      expect(measurements.map((one) => [one.coverage, one.referenceValue])).toEqual(
        METRICS.map(() => [coverage, null]),
      );
      expect(measurements.every(({ value }) => value !== null)).toBe(true);
    });

    it('shows those predictions that are least sure', async () => {
      const { measurements } = await log.run('watch', context);
      const { examples } = await log.evidence('watch', measurements[0]!, context);
      const scores = await log.select<{ score: number }>(
        `SELECT score FROM ${log.database}.predictions WHERE event_id IN (${examples.map((one) => `'${one.event_id}'`).join(', ')})`,
      );
      expect(scores).toHaveLength(5);
      for (const { score } of scores) expect(0.3 + 1.2 * (score - 0.5)).toBeCloseTo(0.5, 3);
    });
  });
});
