import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { MonitorDefinition } from '#contracts';
import {
  compileMonitors,
  firstTickQuery,
  latestTicksQuery,
  simulate,
  TickHistory,
  toTicks,
  type EnginePorts,
} from '#domain/monitors';
import { boundedSelect } from '#platform/clickhouse';
import { ControlWriter, type PipelineCatalog } from '#platform/control';
import { DURABLE_STEPS_CHANNEL, Publisher } from '#platform/kafka';
import { PIPELINE_CATALOG } from '#platform/service';
import { eventually, seededRandom } from '#platform/testing';
import { MONITOR_STEPS, type MonitorStep } from '../../src/monitors/monitor-steps.js';
import { MonitorRunner } from '../../src/monitors/monitor-runner.js';
import type { MonitorParts } from '../../src/monitors/parts.js';
import { PipelineMonitors } from '../../src/monitors/pipeline-monitors.js';
import { MonitoringHarness } from '../monitoring-harness.js';

const MINUTE = 60_000;
const START = Date.parse('2026-03-01T00:00:00Z');
/** Events, one a second: where their prices change, and how many there are. */
const SHIFT = 180;
const EVENTS = 480;
/** By then all windows are over that the stream fills. */
const END = START + 7 * MINUTE;
const ENV = { EDDYLINE_MONITOR_IDLE_AFTER: '1s', KAFKA_SESSION_TIMEOUT_MS: '6000' };

const DRIFT: MonitorDefinition = {
  name: 'drift',
  kind: 'drift',
  everyMs: MINUTE,
  windowMs: MINUTE,
  minRows: 30,
  fireAfter: 1,
  resolveAfter: 1,
  hysteresis: 0,
  rules: [{ metric: 'psi', above: 0.5, severity: 'critical' }],
  reference: 'previous',
  features: ['price'],
  score: false,
  numeric: 'psi',
  categorical: 'jensen_shannon',
  falseDiscoveryRate: 0.01,
};

const BROKEN: MonitorDefinition = {
  name: 'broken',
  kind: 'business',
  everyMs: MINUTE,
  windowMs: MINUTE,
  minRows: 1,
  fireAfter: 1,
  resolveAfter: 1,
  hysteresis: 0,
  rules: [{ metric: 'value', above: 1 }],
  sql: 'SELECT no_such_column AS value FROM {predictions}',
  on: 'predictions',
};

async function aHarness(...monitors: readonly MonitorDefinition[]): Promise<MonitoringHarness> {
  const monitoring = { graceMs: 5_000, slices: [], receivers: [], monitors };
  const created = await MonitoringHarness.create({ changes: { monitoring } });
  await created.registerVersion('1');
  return created;
}

/** One event a second; prices are higher by 5 from SHIFT on. */
function stream(from: number, to: number) {
  const random = seededRandom(7);
  return Array.from({ length: to }, (_, number) => ({
    number,
    at: START + number * 1_000,
    price: random() + (number >= SHIFT ? 5 : 0),
  })).slice(from);
}

/** Changes of alerts, without what differs from one run of a test to the next. */
interface Change {
  readonly id: string;
  readonly state: string;
  readonly windowEnd: number;
  readonly value: number | null;
}

/** What the shift must lead to: it is seen in the window after it, and in the next one it is what was before. */
const EXPECTED = [
  { id: `/drift/psi/price//${START + (SHIFT + 60) * 1_000}`, state: 'firing', windowEnd: START + (SHIFT + 60) * 1_000 },
  {
    id: `/drift/psi/price//${START + (SHIFT + 60) * 1_000}`,
    state: 'resolved',
    windowEnd: START + (SHIFT + 120) * 1_000,
  },
];

let harness: MonitoringHarness;
afterEach(() => harness.close());

async function raised(): Promise<readonly Change[]> {
  const rows = await harness.select(
    `SELECT id, state, toUnixTimestamp64Milli(window_end) AS windowEnd, value FROM ${harness.database}.alerts ORDER BY window_end, state, alert_offset`,
  );
  return rows.map((row) => ({
    id: String(row['id']).slice(harness.definition.name.length),
    state: String(row['state']),
    windowEnd: Number(row['windowEnd']),
    value: row['value'] as number | null,
  }));
}

async function eventuallyEvaluated(lastWindowEnd: number): Promise<void> {
  await eventually(
    async () => {
      const [row] = await harness.select(
        `SELECT toUnixTimestamp64Milli(max(window_end)) AS last FROM ${harness.database}.monitor_results WHERE monitor = 'drift'`,
      );
      expect(Number(row!['last'])).toBe(lastWindowEnd);
    },
    { everyMs: 200 },
  );
}

/** From now on ClickHouse remembers no insert: what is repeated has to be looked for. */
async function forgetTokens(): Promise<void> {
  for (const table of ['monitor_results', 'monitor_ticks']) {
    await harness.clickhouse.command({
      query: `ALTER TABLE ${harness.database}.${table} MODIFY SETTING non_replicated_deduplication_window = 0`,
    });
  }
}

/** Evaluations that were written more than once: there must be none. */
async function repetitions(): Promise<readonly unknown[]> {
  return harness.select(
    `SELECT monitor, metric, subject, window_end, count() AS times FROM ${harness.database}.monitor_results GROUP BY ALL HAVING times > 1`,
  );
}

/** What a simulation of the same monitors over the recorded log raises. */
async function simulated(): Promise<readonly Change[]> {
  const { definition } = harness;
  const bounds = { seconds: 20, memoryBytes: 1 << 30, resultRows: 100_000 };
  const select = (sql: string) => boundedSelect(harness.clickhouse, { sql, id: 'simulated', comment: {} }, bounds);
  const ticks = async (sql: string) => {
    const answer = await select(sql);
    if (!answer.ok) throw new Error(answer.reason);
    return toTicks(answer.rows);
  };
  // Remembers less than there is, so that it asks for the rest.
  const history = new TickHistory(
    async (clock, atLeastMs) => (await ticks(firstTickQuery(definition, clock, atLeastMs)))[0] ?? null,
  );
  for (const tick of await ticks(latestTicksQuery(definition, 2))) history.add(tick);
  const ports: EnginePorts = {
    query: ({ sql }) => select(sql),
    ticks: history,
    referenceOf: () => undefined,
    nowMs: () => 0,
  };
  const pipeline = { definition, revision: 1, monitors: compileMonitors(definition) };
  const options = { fromMs: START, toMs: Infinity, warmUpMs: null, concurrency: 3 };
  const changes: Change[] = [];
  for await (const { alerts } of simulate(ports, pipeline, history.latest!, options)) {
    changes.push(
      ...alerts.map(({ id, state, window_end, value }) => ({
        id: id.slice(definition.name.length),
        state,
        windowEnd: window_end,
        value,
      })),
    );
  }
  return changes;
}

describe('monitors of a pipeline', () => {
  it('raise an alert where the stream shifts, and resolve it; a simulation gives exactly that', async () => {
    harness = await aHarness(DRIFT);
    const service = await harness.start({ env: ENV });
    await service.ready;
    // In portions, so that windows become due at several ticks.
    for (let from = 0; from < EVENTS; from += 120) {
      await harness.publishPredictionsWith(stream(from, from + 120));
      await eventually(async () => expect((await harness.counts()).rows).toBe(from + 120));
    }
    await eventuallyEvaluated(END);
    await eventually(async () => expect(await raised()).toMatchObject(EXPECTED));
    expect(await repetitions()).toEqual([]);
    expect(await simulated()).toEqual(await raised());
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    expect(metrics).toMatch(/^eddyline_monitor_evaluations_total\{.*monitor="drift".*\} 7$/m);
  });

  it.each(MONITOR_STEPS)(
    'raise it once where the service fails at %s',
    async (step) => {
      harness = await aHarness(DRIFT);
      await forgetTokens();
      const stop = failAt(step, harness.definition.name);
      const service = await harness.start({ env: ENV });
      await service.ready;
      await harness.publishPredictionsWith(stream(0, SHIFT - 20));
      await eventually(() => stop.failed());
      await harness.publishPredictionsWith(stream(SHIFT - 20, EVENTS));
      await eventuallyEvaluated(END);
      stop.release();
      await eventually(async () => expect(await raised()).toMatchObject(EXPECTED));
      expect(await repetitions()).toEqual([]);
      expect(await simulated()).toEqual(await raised());
    },
    120_000,
  );

  it('go on at another member when theirs stops', async () => {
    harness = await aHarness(DRIFT);
    const first = await harness.start({ env: ENV });
    await first.ready;
    await harness.publishPredictionsWith(stream(0, SHIFT + 70));
    await eventuallyEvaluated(START + (SHIFT + 60) * 1_000);
    await first.close();
    const second = await harness.start({ env: ENV });
    await second.ready;
    await harness.publishPredictionsWith(stream(SHIFT + 70, EVENTS));
    await eventuallyEvaluated(END);
    await eventually(async () => expect(await raised()).toMatchObject(EXPECTED));
    expect(await repetitions()).toEqual([]);
  });

  it('let a member that has lost them publish nothing', async () => {
    harness = await aHarness(DRIFT);
    const service = await harness.start({ env: ENV });
    await service.ready;
    const held = holdAt('results_written', harness.definition.name);
    await harness.publishPredictionsWith(stream(0, EVENTS));
    await eventually(() => held.isHeld());
    const { parts } = service.app.get(MonitorRunner) as unknown as { readonly parts: MonitorParts };
    const applied = service.app.get<PipelineCatalog>(PIPELINE_CATALOG).get(harness.definition.name)!;
    const other = await PipelineMonitors.open(applied, parts);
    await other.step(applied, new AbortController().signal);
    held.release();
    await eventuallyEvaluated(END);
    await eventually(async () => expect(await raised()).toMatchObject(EXPECTED));
    await other.close();
    expect(await raised()).toHaveLength(2);
    expect(await repetitions()).toEqual([]);
  });

  it('end their alerts where a flag switches them off, and begin anew when they are on again', async () => {
    harness = await aHarness(DRIFT);
    const service = await harness.start({ env: ENV });
    await service.ready;
    await harness.publishPredictionsWith(stream(0, SHIFT + 70));
    await eventually(async () => expect(await raised()).toMatchObject(EXPECTED.slice(0, 1)));
    const publisher = new Publisher(harness.kafka);
    const control = new ControlWriter(publisher, harness.registry, harness.codecs);
    const turn = (on: boolean) =>
      control.publishRegistryEntry({
        kind: 'flags',
        pipeline: harness.definition.name,
        sequence: on ? 2 : 1,
        flags: [{ target: 'monitor:drift', on, value: null, share: 1, since: '', changedBy: 'test', reason: 'test' }],
      });
    await turn(false);
    const [, ended] = await eventually(async () => {
      const changes = await harness.select(`SELECT state, summary FROM ${harness.database}.alerts ORDER BY noticed_at`);
      expect(changes).toHaveLength(2);
      return changes;
    });
    expect(ended).toEqual({ state: 'resolved', summary: expect.stringContaining('switched off') });
    await harness.publishPredictionsWith(stream(SHIFT + 70, EVENTS));
    await eventually(async () => {
      const [clock] = await harness.select(
        `SELECT toUnixTimestamp64Milli(max(events_clock)) AS at FROM ${harness.database}.monitor_ticks`,
      );
      expect(Number(clock!['at'])).toBe(START + (EVENTS - 1) * 1_000);
    });
    await turn(true);
    await publisher.close();
    await harness.publishPredictionsWith(stream(EVENTS, EVENTS + 180));
    await eventuallyEvaluated(END + 3 * MINUTE);
    const windows = await harness.select(
      `SELECT DISTINCT toUnixTimestamp64Milli(window_end) AS at FROM ${harness.database}.monitor_results ORDER BY at`,
    );
    // The fifth to the seventh were due while it was off.
    const minutes = windows.map(({ at }) => (Number(at) - START) / MINUTE);
    expect(minutes).toEqual([1, 2, 3, 4, 8, 9, 10]);
  });

  it('are evaluated though one of them has a query that is refused, which its figure says', async () => {
    harness = await aHarness(BROKEN, DRIFT);
    const service = await harness.start({ env: ENV });
    await service.ready;
    await harness.publishPredictionsWith(stream(0, EVENTS));
    await eventuallyEvaluated(END);
    const [row] = await harness.select(
      `SELECT metric, verdict, explanation FROM ${harness.database}.monitor_results WHERE monitor = 'broken' LIMIT 1`,
    );
    expect(row).toMatchObject({ metric: 'evaluation', verdict: 'insufficient' });
    expect(row!['explanation']).toMatch(/no_such_column/);
    const health = (await (await fetch(`${service.url}/health/ready`)).json()) as {
      notes: { part: string; note: string }[];
    };
    expect(health.notes).toEqual([
      { part: 'monitors', note: expect.stringMatching(/the monitor broken could not be evaluated/) as string },
    ]);
    await eventually(async () => expect(await raised()).toMatchObject(EXPECTED));
  });
});

/** Holds the first arrival at a step. */
function holdAt(step: MonitorStep, pipeline: string): { isHeld(): boolean; release(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  let isHeld = false;
  const onStep = (message: unknown): void => {
    const at = message as { step: string; group: string; hold(until: Promise<unknown>): void };
    if (isHeld || at.step !== step || at.group !== pipeline) return;
    isHeld = true;
    at.hold(promise);
  };
  subscribe(DURABLE_STEPS_CHANNEL, onStep);
  return {
    isHeld: () => isHeld,
    release: () => {
      unsubscribe(DURABLE_STEPS_CHANNEL, onStep);
      resolve();
    },
  };
}

/** Fails a step of the monitors the first time that it is reached, so that whoever looks after them starts anew. */
function failAt(step: MonitorStep, pipeline: string): { failed(): boolean; release(): void } {
  let failed = false;
  const onStep = (message: unknown): void => {
    const at = message as { step: string; group: string; hold(until: Promise<unknown>): void };
    if (failed || at.step !== step || at.group !== pipeline) return;
    failed = true;
    const error = Promise.reject(new Error(`fails at ${step}`));
    error.catch(() => undefined);
    at.hold(error);
  };
  subscribe(DURABLE_STEPS_CHANNEL, onStep);
  return { failed: () => failed, release: () => void unsubscribe(DURABLE_STEPS_CHANNEL, onStep) };
}
