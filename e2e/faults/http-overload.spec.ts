import { eventually, faultOptions, faultRounds, recordFault } from '#platform/testing';
import { setTimeout as delay } from 'node:timers/promises';
import { FaultStack } from '../support/fault-stack.js';
import { halfHours } from '../support/half-hours.js';
import { MemorySampler } from '../support/resident-memory.js';
import { ServiceProcesses } from '../support/service-processes.js';
import { TestPipeline } from '../support/test-pipeline.js';

const MIB = 1 << 20;
const IN_FLIGHT_MIB = faultRounds({ small: 8, full: 64 });
/** As apps/ingestion/README.md states it, in MiB. */
const BOUND_MIB = 384 + 4 * IN_FLIGHT_MIB;
const SENDERS = faultRounds({ small: 50, full: 100 });
/** Longer than what is in flight waits for the acknowledgement of Kafka (30 s), in the full run. */
const FROZEN_MS = faultRounds({ small: 6_000, full: 45_000 });
const EVENTS_PER_BODY = faultRounds({ small: 3_000, full: 6_000 });
const MEDIA_TYPES = ['application/json', 'application/x-ndjson'] as const;

const { seed } = faultOptions();

let stack: FaultStack;
let pipeline: TestPipeline;
let services: ServiceProcesses;
const pressing = new AbortController();

beforeAll(async () => {
  stack = await FaultStack.start();
  pipeline = await TestPipeline.create('http-overload', { on: stack.addresses });
  services = new ServiceProcesses(pipeline.name, { ...stack.environment, EDDYLINE_MAX_IN_FLIGHT: `${IN_FLIGHT_MIB}MiB`, EDDYLINE_MAX_BODY: '4MiB' }); // prettier-ignore
  await services.start('ingestion');
});

afterAll(async () => {
  pressing.abort();
  await services?.stop();
  await pipeline?.close();
  await stack?.close();
});

type Fate = 'accepted' | 'unknown' | 'refused';

interface Body {
  readonly type: (typeof MEDIA_TYPES)[number];
  readonly ids: readonly string[];
  readonly text: string;
}

/** Bodies of many events, posted and read for what became of each. */
class Senders {
  readonly fates = new Map<string, Fate>();
  readonly statuses = new Map<number, number>();
  readonly retryAfter: number[] = [];
  offeredBytes = 0;
  private bodies = 0;
  private readonly aHalfHour = halfHours(pipeline.name);

  constructor(private readonly url: string) {}

  async run(count: number, signal: AbortSignal): Promise<void> {
    const one = async (): Promise<void> => {
      let body = this.nextBody();
      while (!signal.aborted) {
        const status = await this.post(body);
        // What may have been taken, even in part, is not sent again: nobody would drop the repetition here.
        if (body.ids.some((id) => this.fates.get(id) !== 'refused')) body = this.nextBody();
        // Sooner than they are told to come again: it is the door that must hold.
        if (status !== 202) await delay(250);
      }
    };
    await Promise.all(Array.from({ length: count }, one));
  }

  async post({ ids, text, type }: Body = this.nextBody()): Promise<number> {
    this.offeredBytes += text.length;
    const response = await fetch(this.url, { method: 'POST', headers: { 'content-type': type }, body: text });
    const { status } = response;
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    if (status === 429) this.retryAfter.push(Number(response.headers.get('retry-after')));
    const asked = performance.now();
    const { results } = (await response.json().catch((error: Error) => {
      const { connection, 'content-length': length } = Object.fromEntries(response.headers);
      const after = Math.round(performance.now() - asked);
      throw new Error(`an answer ${status} (${connection}, ${length} bytes) broke off after ${after} ms`, {
        cause: error,
      });
    })) as { results?: readonly { status: number; id?: string }[] };
    for (const [index, id] of ids.entries()) this.fates.set(id, fateOf(results?.[index]?.status ?? status));
    return status;
  }

  private nextBody(): Body {
    const first = this.bodies++ * EVENTS_PER_BODY;
    const type = MEDIA_TYPES[this.bodies % 2]!;
    const events = Array.from({ length: EVENTS_PER_BODY }, (_, index) => this.aHalfHour(first + index));
    const lines = events.map((event) => JSON.stringify(event));
    const text = type === 'application/json' ? `[${lines.join(',')}]` : lines.join('\n');
    return { type, ids: events.map(({ event_id }) => event_id), text };
  }
}

function fateOf(status: number): Fate {
  if (status === 202) return 'accepted';
  return status === 503 ? 'unknown' : 'refused';
}

/** Asks whether the process lives, ten times a second. @returns the times of the answers in ms, in ascending order */
async function probe(url: string, signal: AbortSignal): Promise<readonly number[]> {
  const times: number[] = [];
  while (!signal.aborted) {
    const asked = performance.now();
    const response = await fetch(url);
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`the probe was answered with ${response.status}`);
    times.push(performance.now() - asked);
    await delay(100);
  }
  return times.toSorted((a, b) => a - b);
}

/** How often each event stands on the topic. */
async function stored(): Promise<ReadonlyMap<string, number>> {
  const decoder = pipeline.codecs.decoderFor(pipeline.applied.definition.event.schema);
  const found = new Map<string, number>();
  const records = await pipeline.read('events');
  await decoder.prefetch(records.slice(0, 1).map(({ value }) => value));
  for (const { value } of records) {
    const decoded = decoder.decode(value);
    if (!decoded.ok) throw new Error(decoded.message);
    const id = String((decoded.value as { event_id: string }).event_id);
    found.set(id, (found.get(id) ?? 0) + 1);
  }
  return found;
}

it(`${SENDERS} senders post at once while Kafka stands still for ${FROZEN_MS / 1_000} s: 429 before memory grows, and no word is broken`, async () => {
  const url = await services.urlOf('ingestion');
  const senders = new Senders(`${url}/v1/pipelines/${pipeline.name}/events`);
  await eventually(async () => expect(await senders.post()).toBe(202));
  const started = performance.now();
  const sampler = new MemorySampler(services, ['ingestion']);
  const [running, probing] = [senders.run(SENDERS, pressing.signal), probe(`${url}/health/live`, pressing.signal)];
  for (const pressure of [running, probing]) pressure.catch(() => pressing.abort()); // told where it is awaited

  await delay(2_000);
  await stack.freeze('kafka-1');
  await delay(FROZEN_MS);
  await stack.thaw('kafka-1');
  await delay(2_000);
  pressing.abort();
  const times = await probing;
  await running;

  // What was refused comes again, and is taken: nothing of the pressure is left.
  await eventually(async () => expect(await senders.post()).toBe(202));
  const metrics = await eventually(async () => {
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toMatch(/^eddyline_http_in_flight(?:\{[^}]*\})? 0$/m);
    return text;
  });
  sampler.end();
  const found = await stored();

  const of = (wanted: Fate): string[] => [...senders.fates].flatMap(([id, fate]) => (fate === wanted ? [id] : []));
  const lost = of('accepted').filter((id) => !found.has(id));
  const twice = [...found].filter(([, times]) => times > 1);
  const strange = [...found.keys()].filter((id) => !['accepted', 'unknown'].includes(senders.fates.get(id) ?? ''));
  const memory = sampler.account('ingestion', [started, performance.now()]);
  recordFault({
    fault: 'overload over HTTP',
    title: 'Kafka stands still while many send',
    runs: 1,
    published: of('accepted').length,
    lost: lost.length,
    duplicated: twice.length,
    seed,
    seconds: (performance.now() - started) / 1_000,
    measured: {
      offeredMiB: Math.round(senders.offeredBytes / MIB),
      inFlightMiB: IN_FLIGHT_MIB,
      answers: JSON.stringify(Object.fromEntries(senders.statuses)),
      retryAfter: `${Math.min(...senders.retryAfter)} to ${Math.max(...senders.retryAfter)} s`,
      unknown: of('unknown').length,
      probeMs: `p50 ${Math.round(times[times.length >> 1]!)}, p99 ${Math.round(times[Math.floor(times.length * 0.99)]!)}, most ${Math.round(times.at(-1)!)}`,
      // What the door itself held its loop; the probe's times have this process's own in them.
      loopMs: Math.round(Number(/^nodejs_eventloop_delay\S*"p99"\S* (\S+)$/m.exec(metrics)?.[1]) * 1_000),
      ingestionMiB: `peak ${memory.peakMiB} of ${BOUND_MIB}`,
    },
  });
  expect({ lost, twice, strange }).toEqual({ lost: [], twice: [], strange: [] });
  expect([...senders.statuses.keys()].filter((status) => ![202, 207, 429, 503].includes(status))).toEqual([]);
  expect(senders.retryAfter.length).toBeGreaterThan(0);
  expect(senders.retryAfter.filter((seconds) => !(seconds >= 1 && seconds <= 30))).toEqual([]);
  expect(memory.peakMiB).toBeLessThanOrEqual(BOUND_MIB);
});
