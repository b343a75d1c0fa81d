import type { LogCut, MonitorDefinition } from '#contracts';
import { compileMonitors, type MonitorContext } from '#domain/monitors';
import { A_MONITOR, aMonitoredPipeline, MonitoredLog } from './support/monitored-log.js';

const MINUTE = 60_000;
const START = Date.UTC(2026, 0, 1);
const WITHIN = 10 * MINUTE;

const LABEL = {
  schema: { type: 'record', name: 'Label', fields: [] },
  match: { by: 'id', field: 'id' },
  field: 'label',
  values: { kind: 'boolean' },
  time: null,
  revision: null,
  withinMs: WITHIN,
} as const;

/** Two partitions; what came before the fifth offset was known when the window began. */
const BEFORE: LogCut = { predictions: [0, 0], outcomes: [5, 0], quarantine: [2, 0] };
const CUT: LogCut = { predictions: [1_000, 1_000], outcomes: [12, 10], quarantine: [6, 0] };

/** The window begins when what the pipeline waits for labels is over. */
const context: MonitorContext = {
  window: { startMs: START + WITHIN, endMs: START + WITHIN + MINUTE },
  cut: CUT,
  cutBefore: BEFORE,
  model: null,
};

/** An event of the first minute, by its number, and a label of it. */
const record = (event: number, rank: number, delaySeconds: number, [partition, offset]: readonly [number, number]) => ({
  event_id: `e-${event}`,
  event_time: START + event,
  role: 'champion',
  label: rank % 2,
  label_rank: rank,
  label_time: START + event + delaySeconds * 1000,
  label_late: delaySeconds * 1000 > WITHIN,
  outcome_partition: partition,
  outcome_offset: offset,
});

const KNOWN_BEFORE = [record(0, 0, 5, [0, 3]), record(1, 1, 5, [0, 4])];
const CAME = [
  // The first labels of three events, the last of them late.
  record(2, 0, 10, [0, 5]),
  record(3, 1, 20, [1, 0]),
  record(4, 0, 700, [0, 6]),
  // Said again: what was known before, what has come just now.
  record(0, 0, 5, [0, 7]),
  record(3, 1, 20, [1, 1]),
  record(3, 1, 20, [0, 8]),
  // Corrected: what was known before, what has come just now, and once more.
  record(1, 65_536, 60, [0, 9]),
  record(2, 65_536, 30, [1, 2]),
  record(2, 131_073, 40, [0, 10]),
];
const AFTERWARDS = [record(5, 0, 1, [0, 12]), record(6, 0, 1, [1, 10])];

describe('labels', () => {
  let log: MonitoredLog;
  beforeAll(async () => {
    const monitor: MonitorDefinition = {
      ...A_MONITOR,
      kind: 'labels',
      rules: [{ metric: 'received', below: 1 }],
    };
    log = await MonitoredLog.create(aMonitoredPipeline({ label: LABEL, monitors: [monitor] }));
    const predictions = Array.from({ length: 10 }, (_, event) => ({
      event_id: `e-${event}`,
      event_time: START + event,
      role: 'champion',
      log_offset: event,
    }));
    await log.insert('predictions', [...predictions, { ...predictions[9], role: 'shadow' }]);
    for (const rows of [KNOWN_BEFORE, CAME.slice(0, 4), [...CAME.slice(4), ...AFTERWARDS]]) {
      await log.insert('outcome_revisions', rows);
    }
    await log.insert(
      'quarantine',
      ['orphan_label', 'range', 'orphan_label', 'orphan_label', 'orphan_label', 'range', 'orphan_label'].map(
        (reason, offset) => ({ reason, quarantine_offset: offset }),
      ),
    );
  });
  afterAll(() => log.drop());

  it('are told by what came while the clock went through the window', async () => {
    const { measurements } = await log.run('watch', context);
    expect(Object.fromEntries(measurements.map(({ metric, value, rows }) => [metric, [value, rows]]))).toEqual({
      // Five of ten events have a label; shadow predictions get none.
      coverage: [0.5, 10],
      received: [9, 9],
      // Of 10, 20 and 700 seconds, linear between them as numpy's quantiles.
      delay_p50_seconds: [20, 3],
      delay_p90_seconds: [expect.closeTo(564, 9), 3],
      delay_p99_seconds: [686.4, 3],
      duplicate_ratio: [3 / 9, 9],
      correction_ratio: [3 / 9, 9],
      late_ratio: [1 / 9, 9],
      orphan_ratio: [3 / 12, 12],
    });
  });

  it('are those of events in the window where nobody knows what was there when it began', async () => {
    const first = { ...context, cutBefore: null };
    const { measurements } = await log.run('watch', { ...first, window: { startMs: START, endMs: START + MINUTE } });
    expect(Object.fromEntries(measurements.map(({ metric, value }) => [metric, value]))).toMatchObject({
      received: 11,
      duplicate_ratio: 3 / 11,
      correction_ratio: 3 / 11,
      orphan_ratio: 4 / 15,
    });
    const later = await log.run('watch', first);
    expect(later.measurements.find(({ metric }) => metric === 'received')).toMatchObject({ value: 0 });
  });

  it('that stay away are told', async () => {
    const { measurements } = await log.run('watch', { ...context, cutBefore: CUT });
    expect(measurements.map(({ metric, value, verdict }) => [metric, value, verdict])).toEqual([
      ['coverage', 0.5, 'ok'],
      ['received', 0, 'warning'],
      ...['delay_p50_seconds', 'delay_p90_seconds', 'delay_p99_seconds'].map((metric) => [
        metric,
        null,
        'insufficient',
      ]),
      ...['duplicate_ratio', 'correction_ratio', 'late_ratio', 'orphan_ratio'].map((metric) => [
        metric,
        null,
        'insufficient',
      ]),
    ]);
  });

  it('have no value in an empty log', async () => {
    const nothing: LogCut = { predictions: [], outcomes: [], quarantine: [] };
    const { measurements } = await log.run('watch', { ...context, cut: nothing, cutBefore: null });
    expect(measurements.every(({ value, metric }) => value === (metric === 'received' ? 0 : null))).toBe(true);
  });

  it('that took longest are shown', async () => {
    const { measurements } = await log.run('watch', context);
    const { examples } = await log.evidence(
      'watch',
      measurements.find(({ metric }) => metric === 'late_ratio')!,
      context,
    );
    expect(examples[0]!.event_id).toBe('e-4');
  });

  it('that came twice are shown', async () => {
    const { measurements } = await log.run('watch', context);
    const { examples } = await log.evidence(
      'watch',
      measurements.find(({ metric }) => metric === 'duplicate_ratio')!,
      context,
    );
    expect(examples[0]!.event_id).toBe('e-3');
  });

  it('are not asked for where a pipeline has none', () => {
    const without = aMonitoredPipeline({ label: undefined, monitors: [{ ...A_MONITOR, kind: 'labels' }] });
    expect(() => compileMonitors(without)).toThrow('the monitor watch needs labels');
  });
});
