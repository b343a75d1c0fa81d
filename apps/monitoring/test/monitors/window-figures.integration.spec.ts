import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Expectation, Measurement, MonitorDefinition } from '#contracts';
import type { MonitorContext } from '#domain/monitors';
import { A_MONITOR, aMonitoredPipeline, MonitoredLog, WHOLE_LOG } from './support/monitored-log.js';

interface Case {
  readonly name: string;
  readonly scores: readonly number[];
  readonly latencies_ms: readonly number[];
  readonly [figure: string]: unknown;
}

/** tools/reference/window_figures.py */
const { cases } = JSON.parse(
  readFileSync(join(import.meta.dirname, 'fixtures/window-figures.golden.json'), 'utf8'),
) as { readonly cases: readonly Case[] };

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 1);

const MONITORS: readonly MonitorDefinition[] = [
  { ...A_MONITOR, name: 'anomalies', kind: 'anomalies' },
  { ...A_MONITOR, name: 'system', kind: 'system' },
  {
    ...A_MONITOR,
    name: 'quality',
    kind: 'quality',
    columns: ['price', 'feature_price', 'kind', 'feature_kind', 'feature_ratio', 'note', 'open'],
    rules: [
      { metric: 'missing_ratio', above: 0.2 },
      { metric: 'quarantine_ratio', above: 0.1 },
      { metric: 'quarantine_ratio', subject: 'range', above: 0.9 },
    ],
  },
];

const EXPECTATIONS: readonly Expectation[] = [
  { kind: 'range', name: 'price.range', field: 'price', min: 0, max: 10, on: 'flag' },
  { kind: 'set', name: 'note.set', field: 'note', values: ["it's", 'b'], on: 'flag' },
];

describe('what the monitors of a window measure', () => {
  const definition = aMonitoredPipeline({
    features: [
      { name: 'price', type: 'number' },
      { name: 'kind', type: 'string' },
      { name: 'ratio', type: 'number' },
    ],
    fields: [
      { name: 'note', type: ['null', 'string'], default: null },
      { name: 'open', type: 'boolean' },
    ],
    expectations: EXPECTATIONS,
    slices: ['kind'],
    monitors: MONITORS,
  });
  let log: MonitoredLog;

  beforeAll(async () => {
    log = await MonitoredLog.create(definition);
  });
  afterAll(() => log.drop());

  /** Windows that no other test's rows fall into, with the one before each. */
  let windows = 0;
  function aWindow(changes: Partial<MonitorContext> = {}): MonitorContext {
    const startMs = START + 3 * ++windows * MINUTE;
    return { window: { startMs, endMs: startMs + MINUTE }, cut: WHOLE_LOG, cutBefore: null, model: null, ...changes };
  }

  let offset = 0;
  function aRow(atMs: number, changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
    const own = ++offset;
    return {
      event_id: `e-${own}`,
      event_time: atMs,
      role: 'champion',
      score: 0.5,
      decision: 'positive',
      predicted_at: atMs,
      published_at: atMs,
      log_offset: own,
      pipeline_revision: 1,
      ...changes,
    };
  }

  async function measure(name: string, context: MonitorContext): Promise<ReadonlyMap<string, Measurement>> {
    const { measurements } = await log.run(name, context);
    return new Map(measurements.map((one) => [[one.metric, one.subject].filter(Boolean).join(' of '), one]));
  }

  /** Sums are made in another order than NumPy's. */
  function expectClose(actual: number | null | undefined, expected: unknown): void {
    if (expected === null) return expect(actual).toBeNull();
    expect(Math.abs((actual ?? NaN) - (expected as number))).toBeLessThanOrEqual(
      1e-9 * Math.max(1, Math.abs(expected as number)),
    );
  }

  it.each(cases.map((one) => [one.name, one] as const))('%s: equal NumPy and SciPy', async (_name, one) => {
    const context = aWindow();
    const { startMs } = context.window;
    await log.insert(
      'predictions',
      one.scores.map((score, i) =>
        aRow(startMs + i, {
          score,
          decision: score >= 0.5 ? 'positive' : 'negative',
          predicted_at: startMs + i + one.latencies_ms[i]!,
        }),
      ),
    );
    const anomalies = await measure('anomalies', context);
    expectClose(anomalies.get('score_mean')?.value, one.mean);
    expectClose(anomalies.get('score_mean')?.low, one.mean_low);
    expectClose(anomalies.get('score_mean')?.high, one.mean_high);
    expectClose(anomalies.get('score_standard_deviation')?.value, one.standard_deviation);
    expectClose(anomalies.get('positive_ratio')?.value, one.positive_ratio);
    expectClose(anomalies.get('positive_ratio')?.low, one.positive_low);
    expectClose(anomalies.get('positive_ratio')?.high, one.positive_high);
    expectClose(anomalies.get('distinct_scores')?.value, one.distinct);
    const system = await measure('system', context);
    expectClose(system.get('latency_p50_ms')?.value, one.latency_p50_ms);
    expectClose(system.get('latency_p99_ms')?.value, one.latency_p99_ms);
  });

  it.each(MONITORS.map(({ name }) => name))(
    '%s: a window without rows is insufficient and not a failure',
    async (name) => {
      const { measurements } = await log.run(name, aWindow());
      expect(measurements.length).toBeGreaterThan(0);
      expect(new Set(measurements.map(({ verdict }) => verdict))).toEqual(new Set(['insufficient']));
    },
  );

  it('a rate is that to the window before, also where hardly anything comes any more', async () => {
    const context = aWindow();
    const { startMs } = context.window;
    const rows = Array.from({ length: 200 }, (_, i) => aRow(startMs - MINUTE + i, { score: i / 200 }));
    await log.insert('predictions', [...rows, aRow(startMs), aRow(startMs + 1)]);
    const figures = await measure('anomalies', context);
    expect(figures.get('rate_ratio')).toMatchObject({ value: 0.01, verdict: 'ok', rows: 2, referenceRows: 200 });
    expect(figures.get('distinct_scores')).toMatchObject({ value: 1, referenceValue: 200 });
  });

  it('lag is told per partition, of quiet ones too; freshness by the newest event; errors by what inference refused', async () => {
    const context = aWindow({ cut: { ...WHOLE_LOG, predictions: [9_000_000, 9_000_000, 5, 0] } });
    const { startMs } = context.window;
    await log.insert('predictions', [
      aRow(startMs + 50_000, { log_partition: 0 }),
      aRow(startMs + 20_000, { log_partition: 1, published_at: 0 }),
      aRow(startMs + 10_000, { log_partition: 1 }),
      aRow(startMs + 59_000, { log_partition: 0, role: 'shadow' }),
    ]);
    await log.insert('quarantine', [
      { reason: 'model_error', topic: `${definition.name}.validated`, quarantine_offset: 1 },
      { reason: 'range', topic: `${definition.name}.events`, quarantine_offset: 2 },
    ]);
    const figures = await measure('system', context);
    await log.command(`TRUNCATE TABLE ${log.database}.quarantine`);
    expect(Object.fromEntries([...figures].map(([name, { value }]) => [name, value]))).toEqual({
      latency_p50_ms: 0,
      latency_p99_ms: 0,
      error_ratio: 0.25,
      'event_time_lag_seconds of 0': 0,
      'event_time_lag_seconds of 1': 30,
      'event_time_lag_seconds of 2': 50,
      freshness_seconds: 10,
    });
    expect(figures.get('latency_p50_ms')?.rows).toBe(2);
  });

  it('quality: every column in one query, by what the file expects, else by what the model was trained on', async () => {
    await log.insert(
      'model_reference',
      [1, 2, 3].map((row) => ({
        model_version: 'q',
        row,
        feature_price: row,
        feature_kind: row === 3 ? null : 'a',
        feature_ratio: row / 10,
        score: 0.5,
      })),
    );
    const context = aWindow({ model: { version: 'q', referenceRows: 3, calibration: null } });
    const { startMs } = context.window;
    const values = [
      { price: 5, kind: 'a', note: "it's", open: true, flags: ['price.range', 'note.set'] },
      { price: 11, kind: 'b', note: 'b', pipeline_revision: 2, flags: ['price.range'] },
      { price: NaN, kind: null, note: 'z' },
      { price: null, kind: 'a', note: null, event_id: 'twice' },
      { price: -1, kind: 'c', note: 'y', event_id: 'twice' },
    ];
    await log.insert(
      'predictions',
      values.map((value, i) => aRow(startMs + i, value)),
    );
    await log.insert('quarantine', [
      ...['range', 'range', 'type', 'model_error'].map((reason, i) => ({
        reason,
        topic: `${definition.name}.${reason === 'model_error' ? 'validated' : 'events'}`,
        quarantine_offset: 10 + i,
      })),
      { reason: 'orphan_label', topic: `${definition.name}.labels`, quarantine_offset: 20 },
    ]);
    const figures = await measure('quality', context);
    expect(Object.fromEntries([...figures].map(([name, { value }]) => [name, value]))).toEqual({
      'missing_ratio of price': 0.4,
      'out_of_range_ratio of price': 0.4,
      'missing_ratio of feature_price': 0.4,
      'out_of_range_ratio of feature_price': 0.4,
      'missing_ratio of kind': 0.2,
      'unseen_ratio of kind': 0.4,
      'missing_ratio of feature_kind': 0.2,
      'unseen_ratio of feature_kind': 0.4,
      'missing_ratio of feature_ratio': 1,
      'out_of_range_ratio of feature_ratio': 0,
      'missing_ratio of note': 0.2,
      'unseen_ratio of note': 0.4,
      'missing_ratio of open': 0.8,
      'flagged_ratio of price.range': 0.4,
      'flagged_ratio of note.set': 0.2,
      duplicate_ratio: 0.2,
      pipeline_revisions: 2,
      quarantine_ratio: 4 / 9,
      'quarantine_ratio of range': 2 / 9,
      'quarantine_ratio of type': 1 / 9,
      'quarantine_ratio of model_error': 1 / 9,
    });
    expect(figures.get('missing_ratio of price')).toMatchObject({ verdict: 'critical', threshold: 0.2 });
    expect(figures.get('missing_ratio of open')).toMatchObject({ verdict: 'warning' });
    expect(figures.get('missing_ratio of kind')).toMatchObject({ verdict: 'ok' });
    // By reason only where a rule names the reason.
    expect(figures.get('quarantine_ratio')).toMatchObject({ verdict: 'critical', rows: 9 });
    expect(figures.get('quarantine_ratio of range')).toMatchObject({ verdict: 'ok', threshold: 0.9 });
    expect(figures.get('quarantine_ratio of type')).toMatchObject({ verdict: 'ok', threshold: null });
    // What each alert would show.
    for (const figure of figures.values()) await log.evidence('quality', figure, context);
    expect(await log.evidence('quality', figures.get('out_of_range_ratio of price')!, context)).toMatchObject({
      rows: 5,
      examples: [{ event_id: 'twice' }, { event_id: expect.stringMatching(/^e-/) }],
    });
    expect(await log.evidence('quality', figures.get('quarantine_ratio')!, context)).toMatchObject({
      slices: [
        { slice: 'reason=range', value: 0.5, rows: 2 },
        { slice: 'reason=model_error', value: 0.25, rows: 1 },
        { slice: 'reason=type', value: 0.25, rows: 1 },
      ],
    });
  });

  it('evidence of anomalies and of the system: the slices that lie worst, the predictions to look at', async () => {
    const context = aWindow();
    const { startMs } = context.window;
    await log.insert(
      'predictions',
      Array.from({ length: 100 }, (_, i) =>
        aRow(startMs + i, {
          kind: i < 50 ? 'slow' : 'fast',
          score: i / 100,
          predicted_at: startMs + i + (i < 50 ? 200 : 10) + i,
          event_id: `shown-${i}`,
          trace_id: 'ab'.repeat(16),
          log_partition: 1,
        }),
      ),
    );
    for (const [name, metric, slice, example] of [
      ['system', 'latency_p99_ms', 'kind=slow', 'shown-49'],
      ['anomalies', 'score_mean', 'kind=fast', 'shown-99'],
    ] as const) {
      const measurement = (await measure(name, context)).get(metric)!;
      const evidence = await log.evidence(name, measurement, context);
      expect(evidence.slices.map((one) => one.slice)[0]).toBe(slice);
      expect(evidence.slices).toHaveLength(2);
      expect(evidence.examples[0]).toMatchObject({ event_id: example, partition: 1, trace_id: 'ab'.repeat(16) });
      expect(evidence.examples).toHaveLength(5);
    }
    for (const name of ['system', 'anomalies'])
      for (const measurement of (await measure(name, context)).values()) await log.evidence(name, measurement, context);
  });
});
