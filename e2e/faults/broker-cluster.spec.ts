import { consumerGroupOf } from '#contracts';
import { ensureTopics, Publisher, readPartition } from '#platform/kafka';
import type { OutboundMessage } from '#platform/outcomes';
import { eventually, faultOptions, faultRounds, recordFault, seededRandom, uniqueName } from '#platform/testing';
import { setTimeout as delay } from 'node:timers/promises';
import { dueAccount, settledAccount } from '../support/accounting.js';
import { FaultStack, type PartName } from '../support/fault-stack.js';
import { InsistentFlow } from '../support/insistent-flow.js';
import { mostMemoryMiBOf } from '../support/resident-memory.js';
import { ServiceProcesses } from '../support/service-processes.js';
import { TestPipeline } from '../support/test-pipeline.js';

const SERVICES = ['validation', 'inference', 'monitoring'] as const;
const KILLS = faultRounds({ small: 1, full: 6 });
const EVENTS_PER_SECOND = 500;
const MOST_MEMORY_MIB = 512;

const { seed } = faultOptions();

let stack: FaultStack;
let pipeline: TestPipeline;
let services: ServiceProcesses;
let flow: InsistentFlow | undefined;

beforeAll(async () => {
  stack = await FaultStack.start({ brokers: 3 });
  pipeline = await TestPipeline.create('broker-cluster', { on: stack.addresses });
  services = new ServiceProcesses(pipeline.name, stack.environment);
  await services.start(...SERVICES);
});

afterAll(async () => {
  flow?.abandon();
  await services?.stop();
  await pipeline?.close();
  await stack?.close();
});

async function logged(): Promise<number> {
  const [row] = await pipeline.rows<{ rows: number }>(
    `SELECT toUInt32(count()) AS rows FROM ${pipeline.database}.predictions`,
  );
  return row!.rows;
}

async function untilMoreAreLogged(): Promise<void> {
  const before = await logged();
  await eventually(async () => expect(await logged()).toBeGreaterThan(before));
}

/** Of what dies: the leader of a partition that a stage writes to, or the coordinator of the transactions of one. */
const VICTIMS = [
  { what: 'leader of validated-0', find: () => stack.leaderOf(pipeline.topic('validated'), 0) },
  {
    what: 'coordinator of validation',
    find: () => {
      const id = `${consumerGroupOf('validation', pipeline.name)}.${pipeline.topic('events')}.0`;
      return stack.transactionCoordinatorOf(id);
    },
  },
  { what: 'leader of predictions-1', find: () => stack.leaderOf(pipeline.topic('predictions'), 1) },
] as const satisfies readonly { readonly what: string; readonly find: () => Promise<PartName> }[];

it(`a leader or coordinator among three brokers is killed in the middle of transactions, ${KILLS} times, and nothing is lost or doubled`, async () => {
  const started = performance.now();
  const random = seededRandom(seed);
  flow = new InsistentFlow(pipeline, { seed, perSecond: EVENTS_PER_SECOND, most: 1_000_000 });
  const killed: string[] = [];
  for (let round = 0; round < KILLS; round++) {
    await untilMoreAreLogged();
    const { what, find } = VICTIMS[round % VICTIMS.length]!;
    const victim = await find();
    await delay(random() * 1_000); // anywhere in the transactions under way
    await stack.kill(victim);
    killed.push(`${victim}, ${what}`);
    await untilMoreAreLogged(); // by the two that are left
    await stack.start(victim);
    // In sync again, or the next kill would leave one broker of two that must acknowledge.
    for (const stream of ['events', 'validated', 'predictions'] as const) {
      await eventually(async () => expect(await stack.inSync(pipeline.topic(stream), 0)).toHaveLength(3));
    }
  }
  await untilMoreAreLogged();
  await flow.end();

  const oracle = await flow.oracle();
  const found = await settledAccount(pipeline, oracle);
  const memory = Object.fromEntries(
    SERVICES.map((name) => [`${name}MostMemoryMiB`, mostMemoryMiBOf(services.pidOf(name))]),
  );
  recordFault({
    fault: 'leader of three brokers killed',
    title: 'replication factor 3, two in sync, in the middle of transactions',
    runs: KILLS,
    brokerRestarts: KILLS,
    published: oracle.published,
    lost: found.lost,
    duplicated: found.duplicated,
    seed,
    seconds: (performance.now() - started) / 1_000,
    measured: { ...memory, repeatedSends: flow.repeatedSends, killed: killed.join(' | ') },
  });
  expect(found).toEqual(dueAccount(oracle));
  for (const [name, mostMiB] of Object.entries(memory)) {
    expect([name, mostMiB < MOST_MEMORY_MIB]).toEqual([name, true]);
  }
});

/** How often each key came to a topic. */
async function copiesOn(topic: string, partitions: number): Promise<ReadonlyMap<string, number>> {
  const copies = new Map<string, number>();
  for (let partition = 0; partition < partitions; partition++) {
    for await (const records of readPartition(pipeline.kafka, topic, partition, 0)) {
      for (const { key } of records) copies.set(key!.toString(), (copies.get(key!.toString()) ?? 0) + 1);
    }
  }
  return copies;
}

it('a broker that is slow while another refuses takes its part of a send once', async () => {
  const topic = uniqueName('slow');
  const partitions = 6;
  await ensureTopics(pipeline.kafka, [{ topic, partitions, replicationFactor: 3, config: {} }]);
  const publisher = new Publisher(pipeline.kafka, { deadlineMs: 90_000 });
  const messages = (round: string): OutboundMessage[] =>
    Array.from({ length: 60 }, (_, n) => ({ topic, key: `${round}-${n}`, value: Buffer.from(round) }));
  await publisher.publish(messages('before'));

  const leaders = new Set<PartName>();
  for (let partition = 0; partition < partitions; partition++) leaders.add(await stack.leaderOf(topic, partition));
  expect(leaders.size).toBeGreaterThan(1);
  const [slow, dead] = [...leaders];
  await stack.freeze(slow!);
  await stack.kill(dead!);
  const sending = publisher.publish(messages('across'));
  await delay(1_000); // the client tries the dead one again and again, while the slow one has its part in hand
  await stack.thaw(slow!);
  await sending;

  await publisher.close();
  await stack.start(dead!);
  const copies = await eventually(() => copiesOn(topic, partitions)); // leaders may be on the move still
  const due = [...messages('before'), ...messages('across')].map(({ key }) => [String(key), 1] as const);
  expect(copies).toEqual(new Map(due));
});

it('a broker that dies with a send in hand, whose partitions go to brokers that have answered already, leaves nothing acknowledged and unsent', async () => {
  const topic = uniqueName('spread');
  const partitions = 6;
  await ensureTopics(pipeline.kafka, [{ topic, partitions, replicationFactor: 3, config: {} }]);
  const publisher = new Publisher(pipeline.kafka, { deadlineMs: 90_000 });
  const messages = (round: string): OutboundMessage[] =>
    Array.from({ length: 60 }, (_, n) => ({ topic, key: `${round}-${n}`, value: Buffer.from(round) }));
  await publisher.publish(messages('before')); // metadata and connections are there now

  const victim = await stack.leaderOf(topic, 0);
  await stack.freeze(victim);
  // The others answer at once; the frozen one keeps its part of the send waiting while its partitions move on to them.
  const sending = publisher.publish(messages('across')).then(
    () => 'acknowledged' as const,
    () => 'unknown' as const,
  );
  await eventually(async () => expect(await stack.leaderOf(topic, 0)).not.toBe(victim));
  await stack.kill(victim); // only now the connection breaks, and the client looks where to send again
  const outcome = await sending;
  if (outcome === 'unknown') await publisher.publish(messages('across'));

  const keys = await eventually(() => copiesOn(topic, partitions)); // leaders may be on the move still
  const missing = ['before', 'across'].flatMap((round) =>
    messages(round).flatMap(({ key }) => (keys.has(String(key)) ? [] : [String(key)])),
  );
  await publisher.close();
  await stack.start(victim);
  expect({ outcome, missing }).toEqual({ outcome, missing: [] });
});
