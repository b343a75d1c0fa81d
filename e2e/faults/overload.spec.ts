import { setPriority } from 'node:os';
import { eventually, faultOptions, faultRounds, recordFault } from '#platform/testing';
import { Flood } from '../support/flood.js';
import { halfHours } from '../support/half-hours.js';
import { HttpPressure, type PressureCounts } from '../support/http-pressure.js';
import { MemorySampler, type MemoryAccount } from '../support/resident-memory.js';
import { ServiceProcesses } from '../support/service-processes.js';
import { TestPipeline } from '../support/test-pipeline.js';

const SERVICES = ['ingestion', 'validation', 'inference', 'monitoring'] as const;
type Service = (typeof SERVICES)[number];

const OVERLOAD = 3;
/**
 * What no service may ever hold, in MiB. Much more than it needs: V8 takes memory as long as there is some, and gives it back
 * late. What would grow with the backlog (millions of events) passes it within the run. Validation remembers ids besides.
 */
const BOUND_MIB: Readonly<Record<Service, number>> = {
  ingestion: 400,
  validation: 700,
  inference: 800,
  monitoring: 600,
};
/** Resident, garbage included, for each id within the window: 713 MiB with 278,000 ids, 823 MiB with 719,000. */
const BYTES_PER_ID = 300;
/**
 * Flat: the last third of the overload takes no more than the second and a margin. V8 collects its old generation late, so
 * that a process that holds nothing goes up and down by some 50 MiB over minutes; a small one by more than a ratio allows.
 */
const FLAT_RATIO = 1.15;
const FLAT_MIB = 64;
const SENDERS = 32;
const BELOW_THE_SENDERS = 5;

const { seed, size } = faultOptions();
const { backlog, seconds, drainMs } = faultRounds({
  small: { backlog: 10_000, seconds: 5, drainMs: 240_000 },
  full: { backlog: 100_000, seconds: 300, drainMs: 1_800_000 },
});
/** Of the pipeline, in event time: how long ids are remembered, and how late an event may be. */
const WINDOW_MS = 60 * 86_400_000;
/**
 * Event time passes so fast that the window holds what the machine carries in a minute: it is full, and slides, before
 * memory is judged; and what comes over HTTP is not late by the time that it has waited for its turn.
 */
const WINDOW_SECONDS = 60;

let pipeline: TestPipeline;
let services: ServiceProcesses;

beforeAll(async () => {
  pipeline = await TestPipeline.create('overload');
  // Room for six of the senders' bodies, so that a few small senders are more than the door takes.
  services = new ServiceProcesses(pipeline.name, { EDDYLINE_MAX_BODY: '64KiB', EDDYLINE_MAX_IN_FLIGHT: '64KiB' });
  await services.start(...SERVICES);
  // In production senders have machines of their own. Here they share the cores with what they are to overload, and have to
  // come first, or the services would slow down whoever offers more than they carry.
  for (const name of SERVICES) setPriority(services.pidOf(name), BELOW_THE_SENDERS);
});

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

/** In MiB, where so many events are carried in a second. */
function boundOf(service: Service, carried: number): number {
  const ids = service === 'validation' ? carried * WINDOW_SECONDS : 0;
  return BOUND_MIB[service] + Math.round((ids * BYTES_PER_ID) / (1 << 20));
}

function memoryTable(memory: ReadonlyMap<Service, MemoryAccount>, carried: number): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...memory].map(([name, { peakMiB, mostMiB }]) => {
      const [first, second, third, drain] = mostMiB;
      const thirds = `thirds ${first}, ${second}, ${third}`;
      return [`${name}MiB`, `${thirds}; drain ${drain}; peak ${peakMiB} of ${boundOf(name, carried)}`];
    }),
  );
}

it(`${OVERLOAD} times what the machine carries for ${seconds} s: memory stays flat, the lag drains, all is logged once`, async () => {
  let stepMs = 0;
  const [halfHour, halfHourOverHttp] = [halfHours(pipeline.name), halfHours(`${pipeline.name}-h`)];
  const firstMs = halfHour(0).at;
  const timeOf = (n: number): number => Math.round(firstMs + (Math.min(n, 2 * backlog) / backlog) * WINDOW_MS + Math.max(0, n - 2 * backlog) * stepMs); // prettier-ignore
  const flood = await Flood.open(pipeline, (n) => halfHour(n, { at: timeOf(n) }));
  const door = `${await services.urlOf('ingestion')}/v1/pipelines/${pipeline.name}/events`;
  // As old as what comes through Kafka at that moment: neither late nor ahead of it.
  const pressure = new HttpPressure(door, (n) => halfHourOverHttp(n, { at: timeOf(flood.count) }));

  const began = performance.now();
  await flood.burst(backlog); // warm: what is measured below is no start
  await expectDrained();
  const measuring = performance.now();
  await flood.burst(backlog);
  await expectDrained();
  const carried = Math.round((backlog / (performance.now() - measuring)) * 1_000);
  stepMs = WINDOW_MS / (carried * WINDOW_SECONDS);

  const sampler = new MemorySampler(services, SERVICES);
  const pressing = new AbortController();
  const started = performance.now();
  const pressed = pressure.run(SENDERS, pressing.signal);
  pressed.catch(() => undefined); // told where it is awaited
  await flood.pour(carried * OVERLOAD, seconds);
  const overloadEnded = performance.now();
  const lag = flood.count + pressure.counts.accepted - (await logged('kafka')).rows - (await logged('http')).rows;
  pressing.abort();
  await pressed;
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
    seconds: (drained - began) / 1_000,
    measured: {
      carriedPerSecond: carried,
      offeredPerSecond: Math.round(((due[0] - 2 * backlog) / (overloadEnded - started)) * 1_000),
      overloadSeconds: Math.round((overloadEnded - started) / 1_000),
      mostLag: lag,
      drainSeconds: Math.round((drained - overloadEnded) / 1_000),
      httpRequests: counts.requests,
      httpShed: counts.shed,
      httpEventsAccepted: counts.accepted,
      ...memoryTable(memory, carried),
    },
  });

  const exactly = (count: number): Logged => ({ rows: count, distinct: count, highest: count - 1 });
  expect({ kafka: found[0], http: found[1] }).toEqual({ kafka: exactly(due[0]), http: exactly(due[1]) });
  expect(await quarantined()).toBe(0);
  expectShedding(counts);
  expect([...memory].filter(([name, { peakMiB }]) => peakMiB > boundOf(name, carried))).toEqual([]);
  // Within seconds a process is still warming up; only minutes show whether it grows.
  const growing = [...memory].filter(
    ([, { mostMiB }]) => mostMiB[2]! > Math.max(mostMiB[1]! * FLAT_RATIO, mostMiB[1]! + FLAT_MIB),
  );
  if (size === 'full') expect(growing).toEqual([]);
}, 2_400_000);

function expectShedding({ shed, withoutRetryAfter, accepted }: PressureCounts): void {
  expect(shed).toBeGreaterThan(0);
  expect(accepted).toBeGreaterThan(0);
  expect(withoutRetryAfter).toBe(0);
}
