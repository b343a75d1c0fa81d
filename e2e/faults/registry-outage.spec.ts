import type { OutboundMessage } from '#platform/outcomes';
import { eventually, faultOptions, recordFault, uniqueName } from '#platform/testing';
import { createServer, type AddressInfo } from 'node:net';
import { FaultStack } from '../support/fault-stack.js';
import { halfHours } from '../support/half-hours.js';
import { unreadiness } from '../support/readiness.js';
import { ServiceProcesses } from '../support/service-processes.js';
import { TestPipeline } from '../support/test-pipeline.js';

const SERVICES = ['validation', 'inference', 'monitoring'] as const;
const PARTITIONS = 4;
/** Events of each kind. */
const EACH = 200;

const { seed } = faultOptions();

let stack: FaultStack;
let pipeline: TestPipeline;
let services: ServiceProcesses;
let late: ServiceProcesses | undefined;

beforeAll(async () => {
  stack = await FaultStack.start();
  pipeline = await TestPipeline.create('registry-outage', { on: stack.addresses, partitions: PARTITIONS });
  services = new ServiceProcesses(pipeline.name, stack.environment);
  await services.start(...SERVICES);
});

afterAll(async () => {
  await Promise.all([services?.stop(), late?.stop()]);
  await pipeline?.close();
  await stack?.close();
});

const published = new Set<string>();

/** Publishes events to some of the partitions, in turn. */
async function publish(run: string, encode: (event: unknown) => Buffer, partitions: readonly number[]): Promise<void> {
  const aHalfHour = halfHours(run);
  const messages = Array.from({ length: EACH }, (_, n): OutboundMessage => {
    const event = aHalfHour(n);
    published.add(event.event_id);
    const partition = partitions[n % partitions.length]!;
    return { topic: pipeline.topic('events'), key: event.event_id, value: encode(event), partition };
  });
  await pipeline.publisher.publish(messages);
}

async function behind(): Promise<readonly number[]> {
  const positions = await pipeline.positions('validation');
  return positions.toSorted((a, b) => a.partition - b.partition).map(({ high, position }) => high - position);
}

async function logged(run: string): Promise<number> {
  const [row] = await pipeline.rows<{ rows: number }>(
    `SELECT toUInt32(count()) AS rows FROM ${pipeline.database}.predictions WHERE startsWith(event_id, '${run}-')`,
  );
  return row!.rows;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

it('while the registry is away known schemas go on, an id nobody has met holds its partition, and who starts waits', async () => {
  const started = performance.now();
  const all = Array.from({ length: PARTITIONS }, (_, partition) => partition);
  const known = pipeline.encoder();
  await publish('before', known, all);
  await eventually(async () => expect(await logged('before')).toBe(EACH));

  // Registered while it can be, and not met by any service yet.
  const { schema } = pipeline.applied.definition.event;
  const newer = {
    ...schema,
    fields: [...schema.fields, { name: uniqueName('f').replace('-', '_'), type: 'int', default: 0 }],
  };
  const newerId = await pipeline.registry.register(`${pipeline.topic('events')}-value`, newer);
  await stack.kill('registry');

  await publish('known', known, all);
  await eventually(async () => expect(await logged('known')).toBe(EACH));
  for (const name of SERVICES) expect([name, await unreadiness(services, name)]).toEqual([name, undefined]);

  const newest = pipeline.codecs.encoderFor(newer, newerId);
  const withField = (event: unknown): Buffer => newest({ ...(event as object), [newer.fields.at(-1)!.name]: 7 });
  await publish('newer', withField, [0]);
  await publish('beside', known, [1, 2, 3]);
  await eventually(async () => expect(await logged('beside')).toBe(EACH));
  expect(await behind()).toEqual([EACH, 0, 0, 0]);
  const reason = await eventually(async () => (await unreadiness(services, 'validation')) ?? false);
  expect(reason).toMatch(/^503 .*events is waiting: registry_unreachable: the schema registry at .* does not answer/);

  const port = await freePort();
  late = new ServiceProcesses(pipeline.name, { ...stack.environment, PORT: String(port) });
  late.launch('validation');
  const whatItSays = await eventually(async () => {
    const response = await fetch(`http://127.0.0.1:${port}/health/ready`);
    const text = await response.text();
    return text.includes('registry') ? `${response.status} ${text}` : false;
  });
  expect(whatItSays).toMatch(/^503 .*schema registry at http/);

  await stack.start('registry');
  await late.untilReady('validation');
  await eventually(async () => expect(await logged('newer')).toBe(EACH));
  await eventually(async () => expect(await unreadiness(services, 'validation')).toBeUndefined());
  await eventually(() => pipeline.isDrained());
  const rows = await pipeline.rows<{ event_id: string; rows: number }>(
    `SELECT event_id, toUInt32(count()) AS rows FROM ${pipeline.database}.predictions GROUP BY event_id`,
  );
  const duplicated = rows.reduce((sum, row) => sum + row.rows - 1, 0);
  const lost = published.size - rows.filter(({ event_id }) => published.has(event_id)).length;
  recordFault({
    fault: 'schema registry away',
    title: 'registry-outage',
    runs: 1,
    published: published.size,
    lost,
    duplicated,
    seed,
    seconds: (performance.now() - started) / 1_000,
  });
  expect({ rows: rows.length, lost, duplicated }).toEqual({ rows: published.size, lost: 0, duplicated: 0 });
});
