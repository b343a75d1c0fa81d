import { eventually } from '#platform/testing';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { faultPointFlags, readHits } from './support/fault-points.js';
import { halfHours } from './support/half-hours.js';
import { eddyline, eddylineJson } from './support/run-eddyline.js';
import { ServiceProcesses } from './support/service-processes.js';
import { TestPipeline } from './support/test-pipeline.js';

/** Half an hour of event time, an event a second; from its middle on the market is another one. */
const EVENTS = 1_800;
const SHIFT = 900;
const STEP_MS = 1_000;
const AT_ONCE = 600;

const MONITOR = `monitor:
  every: 2m
  window: 4m
  grace: 10s
  minRows: 30
  fireAfter: 2
  resolveAfter: 2
  quality: {}
  drift: { reference: previous, warn: 0.5, alert: 2 }
  anomalies: {}
  system: {}

`;

interface AlertFact {
  readonly id: string;
  readonly state: string;
  readonly severity: string;
  readonly windowEnd: number;
  readonly value: number | null;
  readonly threshold: number | null;
}

interface Simulated {
  readonly windows: number;
  readonly alerts: readonly AlertFact[];
  readonly failures: readonly unknown[];
  readonly comparison: {
    readonly same: number;
    readonly onlySimulated: readonly unknown[];
    readonly onlyRecorded: readonly unknown[];
    readonly different: readonly unknown[];
  };
}

let pipeline: TestPipeline;
let services: ServiceProcesses;

beforeAll(async () => {
  pipeline = await TestPipeline.create('monitors', {
    yaml: (text) => text.replace(/^monitor:[\s\S]*?(?=^topics:)/m, MONITOR),
  });
  services = new ServiceProcesses(pipeline.name, { EDDYLINE_MONITOR_IDLE_AFTER: '2s' });
  await services.start('validation', 'inference');
});

afterAll(async () => {
  await services?.stop();
  await pipeline?.close();
});

async function publish(from: number, to: number): Promise<void> {
  const aHalfHour = halfHours(pipeline.name, STEP_MS);
  const encode = pipeline.encoder();
  for (let n = from; n < to; n += AT_ONCE) {
    const events = Array.from({ length: Math.min(AT_ONCE, to - n) }, (_, index) => {
      const number = n + index;
      return number < SHIFT ? aHalfHour(number) : aHalfHour(number, { nsw_price: 0.9 + (number % 10) / 100 });
    });
    await pipeline.publisher.publish(
      events.map((event) => ({ topic: pipeline.topic('events'), key: event.event_id, value: encode(event) })),
    );
  }
}

/** Resolves when every monitor is through with the window that ends then. */
async function untilEvaluated(minutes: number): Promise<void> {
  const endMs = Date.parse('2020-01-01T00:00:00Z') + minutes * 60_000;
  await eventually(
    async () => {
      const rows = await pipeline.rows<{ last: string }>(
        `SELECT toString(toUnixTimestamp64Milli(max(window_end))) AS last FROM ${pipeline.database}.monitor_results GROUP BY monitor`,
      );
      expect(rows.map(({ last }) => Number(last))).toEqual([endMs, endMs, endMs, endMs]);
    },
    { everyMs: 500 },
  );
}

async function recorded(): Promise<readonly AlertFact[]> {
  const rows = await pipeline.rows<AlertFact & { windowEnd: string }>(
    `SELECT id, state, severity, toString(toUnixTimestamp64Milli(window_end)) AS windowEnd, value, threshold FROM ${pipeline.database}.alerts`,
  );
  return sorted(rows.map((row) => ({ ...row, windowEnd: Number(row.windowEnd) })));
}

function sorted(facts: readonly AlertFact[]): readonly AlertFact[] {
  const keyOf = ({ id, state, severity, windowEnd }: AlertFact): string => [id, windowEnd, state, severity].join(' ');
  return facts
    .map(({ id, state, severity, windowEnd, value, threshold }) => ({
      id,
      state,
      severity,
      windowEnd,
      value,
      threshold,
    }))
    .toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

describe('monitors of services that run as processes', () => {
  it('raise each alert once, though monitoring is killed between results and alerts', async () => {
    const report = join(pipeline.folder, 'hits');
    const fault = { step: 'results_written', arrival: 2, signal: 'SIGKILL', report } as const;
    services.launch('monitoring', faultPointFlags(fault));
    await publish(0, SHIFT + AT_ONCE / 2);
    await services.ended('monitoring');
    expect(readHits(report)).toMatchObject([{ step: 'results_written', arrival: 2 }]);
    await services.start('monitoring');
    await publish(SHIFT + AT_ONCE / 2, EVENTS);
    await untilEvaluated(28);
    await eventually(() => pipeline.isDrained());

    const alerts = await recorded();
    const drifted = alerts.filter(({ id }) => id.startsWith(`${pipeline.name}/drift/psi/nsw_price/`));
    expect(drifted.map(({ state }) => state)).toContain('firing');
    const changes = alerts.map(({ id, state, severity, windowEnd }) => [id, state, severity, windowEnd].join(' '));
    expect(new Set(changes).size).toBe(changes.length);
    expect((await pipeline.read('alerts')).length).toBe(alerts.length);
    const twice = await pipeline.rows(
      `SELECT monitor, metric, subject, slice, window_end FROM ${pipeline.database}.monitor_results GROUP BY ALL HAVING count() > 1`,
    );
    expect(twice).toEqual([]);
  });

  it('are simulated to exactly the alerts of the live run', async () => {
    const file = join(pipeline.folder, 'pipeline.yaml');
    const simulated = await eddylineJson<Simulated>(['simulate', file, '--compare']);
    expect(simulated.failures).toEqual([]);
    expect(sorted(simulated.alerts)).toEqual(await recorded());
    expect(simulated.comparison).toEqual({
      same: simulated.alerts.length,
      onlySimulated: [],
      onlyRecorded: [],
      different: [],
    });
  });

  it('are simulated from within the recorded stretch to those of that stretch', async () => {
    const [from, to] = ['2020-01-01T00:10:00Z', '2020-01-01T00:22:00Z'];
    const file = join(pipeline.folder, 'pipeline.yaml');
    const simulated = await eddylineJson<Simulated>(['simulate', file, '--from', from, '--to', to, '--compare']);
    const inside = (await recorded()).filter(
      ({ windowEnd }) => windowEnd > Date.parse(from) && windowEnd <= Date.parse(to),
    );
    expect(sorted(simulated.alerts)).toEqual(inside);
    expect(inside.length).toBeGreaterThan(0);
  });

  it('of a changed file are told apart from what was raised', async () => {
    const changed = join(pipeline.folder, 'changed.yaml');
    const text = await readFile(join(pipeline.folder, 'pipeline.yaml'), 'utf8');
    await writeFile(changed, text.replace(/^  drift: .*$/m, '  drift: { reference: previous, alert: 1000 }'));
    const run = await eddyline(['simulate', changed, '--compare']);
    expect([run.exitCode, run.stderr]).toEqual([0, expect.any(String)]);
    expect(run.stdout).toMatch(/were raised and would not be:/);
    expect(run.stdout).toMatch(new RegExp(`${pipeline.name}/drift/psi/nsw_price/`));
  });
});
