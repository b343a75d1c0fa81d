import type { MonitorDefinition } from '#contracts';
import { eventually, stack, TcpGate } from '#platform/testing';
import { MonitoringHarness, WATCHED } from '../monitoring-harness.js';

const HALF_HOUR = 30 * 60_000;
/** Time of the harness's prediction 0. */
const START = Date.UTC(1996, 4, 7);
const HOUR = 2 * HALF_HOUR;
const ENV = { EDDYLINE_MONITOR_IDLE_AFTER: '1s', KAFKA_SESSION_TIMEOUT_MS: '6000' };

const COMMON = { everyMs: 6 * HOUR, windowMs: 6 * HOUR, minRows: 10, fireAfter: 1, resolveAfter: 1, hysteresis: 0 };

/** All that the harness predicts is positive. */
const PERFORMANCE: MonitorDefinition = {
  ...COMMON,
  name: 'performance',
  kind: 'performance',
  rules: [{ metric: 'accuracy', below: 0.5, severity: 'critical' }],
  metrics: ['accuracy'],
  delayMs: 0,
  minCoverage: 0.5,
  confidence: 0.95,
};

const EVENTS_PER_WINDOW: MonitorDefinition = {
  ...COMMON,
  name: 'events',
  kind: 'business',
  rules: [{ metric: 'value', below: 12, severity: 'warning' }],
  sql: 'SELECT count() AS value FROM {predictions}',
  on: 'predictions',
};

let harness: MonitoringHarness;
afterEach(() => harness.close());

async function aHarness(monitor: MonitorDefinition): Promise<MonitoringHarness> {
  const monitoring = { graceMs: HOUR, slices: [], receivers: [], monitors: [monitor] };
  const created = await MonitoringHarness.create({ changes: { ...WATCHED, monitoring } });
  await created.registerVersion('1');
  return created;
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

/** Value and rows by end of window, in hours since the first event. */
async function figures(metric: string): Promise<readonly (readonly [hours: number, value: unknown, rows: number])[]> {
  const rows = await harness.select(
    `SELECT toUnixTimestamp64Milli(window_end) AS end, value, rows FROM ${harness.database}.monitor_results WHERE metric = '${metric}' ORDER BY window_end`,
  );
  return rows.map((row) => [(Number(row['end']) - START) / HOUR, row['value'], Number(row['rows'])] as const);
}

describe('the clocks of a pipeline', () => {
  it('let a monitor that needs labels wait for them', async () => {
    harness = await aHarness(PERFORMANCE);
    const service = await harness.start({ env: ENV });
    await service.ready;
    await harness.publishPredictions(numbers(0, 60)); // 30 hours
    await eventually(async () => expect((await harness.counts()).rows).toBe(60));
    await eventually(async () => {
      const [tick] = await harness.select(
        `SELECT toUnixTimestamp64Milli(max(events_clock)) AS events FROM ${harness.database}.monitor_ticks`,
      );
      expect(Number(tick!['events'])).toBe(START + 59 * HALF_HOUR);
    });
    expect(await figures('accuracy')).toEqual([]);

    const outcomes = (from: number, to: number, label: number) =>
      numbers(from, to).map((number) => ({ number, label, revision: 1 }));
    // Labels of the first half are right, those of the second are not.
    await harness.publishOutcomes(outcomes(0, 24, 1));
    await harness.publishOutcomes(outcomes(24, 60, 0));
    await eventually(
      async () =>
        expect(await figures('accuracy')).toEqual([
          [6, 1, 12],
          [12, 1, 12],
          [18, 0, 12],
          [24, 0, 12],
        ]),
      { everyMs: 250 },
    );
    const alerts = await eventually(async () => {
      const found = await harness.select(
        `SELECT monitor, metric, state, severity, value FROM ${harness.database}.alerts`,
      );
      expect(found).toHaveLength(1);
      return found;
    });
    expect(alerts).toEqual([
      { monitor: 'performance', metric: 'accuracy', state: 'firing', severity: 'critical', value: 0 },
    ]);
  });

  it('leave late rows out of the windows that were evaluated without them, also when these are evaluated after an outage', async () => {
    harness = await aHarness(EVENTS_PER_WINDOW);
    const gate = new TcpGate(stack().clickhouseUrl);
    const service = await harness.start({ env: ENV, clickhouseUrl: await gate.open() });
    await service.ready;
    const late = [3, 4];
    await harness.publishPredictions(numbers(0, 14).filter((number) => !late.includes(number)));
    await harness.publishPredictions(numbers(14, 16));
    await eventually(async () => expect(await figures('value')).toEqual([[6, 10, 10]]), {
      everyMs: 250,
    });
    await harness.publishPredictions([...late, ...numbers(16, 20)]);
    await eventually(async () => expect((await harness.counts()).rows).toBe(20));

    await gate.shut();
    await harness.publishPredictions(numbers(20, 50));
    await eventually(
      async () => {
        const response = await fetch(`${service.url}/health/ready`);
        expect(response.status).toBe(503);
      },
      { everyMs: 250 },
    );
    await gate.open();
    await eventually(
      async () =>
        expect(await figures('value')).toEqual([
          [6, 10, 10],
          [12, 12, 12],
          [18, 12, 12],
        ]),
      { everyMs: 250 },
    );
    const alerts = await eventually(async () => {
      const found = await harness.select(
        `SELECT state, toUnixTimestamp64Milli(window_end) AS end FROM ${harness.database}.alerts ORDER BY window_end`,
      );
      expect(found).toHaveLength(2);
      return found.map((row) => [row['state'], (Number(row['end']) - START) / HOUR]);
    });
    expect(alerts).toEqual([
      ['firing', 6],
      ['resolved', 12],
    ]);
    await service.close();
    await gate.shut();
  });
});
