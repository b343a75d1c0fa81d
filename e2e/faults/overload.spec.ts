import { eventually, faultOptions, faultRounds, recordFault } from '#platform/testing';
import { Flood } from '../support/flood.js';
import { halfHours, type HalfHour } from '../support/half-hours.js';
import { HttpPressure, type PressureCounts } from '../support/http-pressure.js';
import { MemorySampler, type MemoryAccount } from '../support/resident-memory.js';
import { buildEddyline } from '../support/run-eddyline.js';
import { ServiceProcesses } from '../support/service-processes.js';
import { TestPipeline } from '../support/test-pipeline.js';

const SERVICES = ['ingestion', 'validation', 'inference', 'monitoring'] as const;
type Service = (typeof SERVICES)[number];

const OVERLOAD = 3;
/**
 * What no service may ever hold, in MiB. Much more than it needs: V8 takes memory as long as there is some, and gives it back
 * late. What would grow with the backlog (millions of events) passes it within the run.
 */
const BOUND_MIB: Readonly<Record<Service, number>> = {
  ingestion: 400,
  validation: 500,
  inference: 600,
  monitoring: 500,
};
/** Flat: the last third of the overload takes no more than the second, and this for the moment of the sample. */
const FLAT_RATIO = 1.15;
const SENDERS = 32;

const { seed, size } = faultOptions();
/** `window`: events of which validation remembers the ids; it is full before memory is judged. */
const { backlog, seconds, window, drainMs } = faultRounds({
  small: { backlog: 20_000, seconds: 8, window: 10_000, drainMs: 120_000 },
  full: { backlog: 250_000, seconds: 300, window: 100_000, drainMs: 1_500_000 },
});
const DEDUPE_WINDOW_MS = 60 * 86_400_000;

let pipeline: TestPipeline;
let services: ServiceProcesses;

beforeAll(async () => {
  await buildEddyline();
  pipeline = await TestPipeline.create('overload');
  // Room for six of the senders' bodies, so that a few small senders are more than the door takes.
  services = new ServiceProcesses(pipeline.name, { EDDYLINE_MAX_BODY: '64KiB', EDDYLINE_MAX_IN_FLIGHT: '64KiB' });
  await services.start(...SERVICES);
}, 120_000);

afterAll(async () => {
  await services?.stop();
  await pipeline?.close();
});

interface Logged {
  readonly rows: number;
  readonly distinct: number;
  /** Highest number of an event; -1 where there is none. */
  readonly highest: number;
}

/** What stands in the log of the events that came through Kafka, or over HTTP. Ids end in the number of the event. */
async function logged(door: 'kafka' | 'http'): Promise<Logged> {
  const [found] = await pipeline.rows<Logged>(
    `SELECT toUInt32(count()) AS rows, toUInt32(groupBitmap(n)) AS distinct, if(rows = 0, -1, toInt64(max(n))) AS highest
     FROM (SELECT toUInt32(splitByChar('-', event_id)[-1]) AS n FROM ${pipeline.database}.predictions
           WHERE (position(event_id, '-h-') > 0) = ${door === 'http'})`,
  );
  return { ...found!, highest: Number(found!.highest) };
}

async function quarantined(): Promise<number> {
  const [found] = await pipeline.rows<{ rows: number }>(
    `SELECT toUInt32(count()) AS rows FROM ${pipeline.database}.quarantine`,
  );
  return found!.rows;
}

async function expectDrained(): Promise<void> {
  await eventually(() => pipeline.isDrained(), { timeoutMs: drainMs, everyMs: 500 });
}

function memoryTable(memory: ReadonlyMap<Service, MemoryAccount>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...memory].map(([name, { peakMiB, mostMiB }]) => {
      const [first, second, third, drain] = mostMiB;
      const thirds = `thirds ${first}, ${second}, ${third}`;
      return [`${name}MiB`, `${thirds}; drain ${drain}; peak ${peakMiB} of ${BOUND_MIB[name]}`];
    }),
  );
}

it(`${OVERLOAD} times what the machine carries for ${seconds} s: memory stays flat, the lag drains, all is logged once`, async () => {
  const stepMs = DEDUPE_WINDOW_MS / window;
  const kafkaEvents = halfHours(pipeline.name, stepMs);
  const httpEvents = halfHours(`${pipeline.name}-h`, stepMs);
  const flood = await Flood.open(pipeline, kafkaEvents);
  const door = `${await services.urlOf('ingestion')}/v1/pipelines/${pipeline.name}/events`;
  // As old as what comes through Kafka at that moment: neither late nor ahead of it.
  const pressure = new HttpPressure(door, (n): HalfHour => httpEvents(n, { at: kafkaEvents(flood.count).at }));

  const calibrating = performance.now();
  await flood.burst(backlog);
  await expectDrained();
  const carried = Math.round((backlog / (performance.now() - calibrating)) * 1_000);

  const sampler = new MemorySampler(services, SERVICES);
  const pressing = new AbortController();
  const started = performance.now();
  const pressed = pressure.run(SENDERS, pressing.signal);
  await flood.pour(carried * OVERLOAD, seconds);
  const overloadEnded = performance.now();
  pressing.abort();
  await pressed;
  const lag = flood.count + pressure.counts.accepted - (await logged('kafka')).rows - (await logged('http')).rows;
  await expectDrained();
  const drained = performance.now();
  // A transaction's records become visible some milliseconds after its offsets: what looked drained may not have been.
  const due = [flood.count, pressure.counts.accepted] as const;
  let found = [await logged('kafka'), await logged('http')] as const;
  await eventually(
    async () => {
      found = [await logged('kafka'), await logged('http')];
      return found.every(({ distinct }, index) => distinct === due[index]);
    },
    { everyMs: 1_000 },
  ).catch(() => undefined); // told below
  sampler.end();
  await flood.close();

  const third = (overloadEnded - started) / 3;
  const bounds = [started, started + third, started + 2 * third, overloadEnded, drained];
  const memory = new Map(SERVICES.map((name) => [name, sampler.account(name, bounds)]));
  const counts = pressure.counts;
  recordFault({
    fault: 'overload',
    title: `${OVERLOAD} times what the machine carries`,
    runs: 1,
    published: due[0] + due[1],
    lost: due[0] + due[1] - found[0].distinct - found[1].distinct,
    duplicated: found[0].rows + found[1].rows - found[0].distinct - found[1].distinct,
    seed,
    seconds: (drained - calibrating) / 1_000,
    measured: {
      carriedPerSecond: carried,
      offeredPerSecond: Math.round(((due[0] - backlog) / (overloadEnded - started)) * 1_000),
      overloadSeconds: Math.round((overloadEnded - started) / 1_000),
      mostLag: lag,
      drainSeconds: Math.round((drained - overloadEnded) / 1_000),
      httpRequests: counts.requests,
      httpShed: counts.shed,
      httpEventsAccepted: counts.accepted,
      ...memoryTable(memory),
    },
  });

  const exactly = (count: number): Logged => ({ rows: count, distinct: count, highest: count - 1 });
  expect({ kafka: found[0], http: found[1] }).toEqual({ kafka: exactly(due[0]), http: exactly(due[1]) });
  expect(await quarantined()).toBe(0);
  expectShedding(counts);
  expect([...memory].filter(([name, { peakMiB }]) => peakMiB > BOUND_MIB[name])).toEqual([]);
  // Within seconds a process is still warming up; only minutes show whether it grows.
  const growing = [...memory].filter(([, { mostMiB }]) => mostMiB[2]! > mostMiB[1]! * FLAT_RATIO);
  if (size === 'full') expect(growing).toEqual([]);
}, 2_400_000);

function expectShedding({ shed, withoutRetryAfter, others, accepted }: PressureCounts): void {
  expect(shed).toBeGreaterThan(0);
  expect(accepted).toBeGreaterThan(0);
  expect([withoutRetryAfter, others]).toEqual([0, []]);
}
