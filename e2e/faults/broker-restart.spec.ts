import { eventually, faultOptions, faultRounds, recordFault } from '#platform/testing';
import { setTimeout as delay } from 'node:timers/promises';
import { dueAccount, settledAccount } from '../support/accounting.js';
import { FaultStack } from '../support/fault-stack.js';
import { InsistentFlow } from '../support/insistent-flow.js';
import { mostMemoryMiBOf } from '../support/resident-memory.js';
import { unreadiness } from '../support/readiness.js';
import { ServiceProcesses } from '../support/service-processes.js';
import { TestPipeline } from '../support/test-pipeline.js';

const SERVICES = ['validation', 'inference', 'monitoring'] as const;
const RESTARTS = faultRounds({ small: 1, full: 5 });
/** From the death of the broker to the start of the next one. */
const AWAY_MS = faultRounds({ small: 5_000, full: 30_000 });
const EVENTS_PER_SECOND = 500;
/** Reasonable for any of the services; what piles up in an outage has nowhere else to be. */
const MOST_MEMORY_MIB = 512;

const { seed } = faultOptions();

let stack: FaultStack;
let pipeline: TestPipeline;
let services: ServiceProcesses;
let flow: InsistentFlow | undefined;

beforeAll(async () => {
  stack = await FaultStack.start();
  pipeline = await TestPipeline.create('broker-restart', { on: stack.addresses });
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

it(`the only broker is killed and away for ${AWAY_MS / 1_000} s, ${RESTARTS} times: services say so, wait and go on`, async () => {
  const started = performance.now();
  flow = new InsistentFlow(pipeline, { seed, perSecond: EVENTS_PER_SECOND, most: 1_000_000 });
  const reasons = new Set<string>();
  for (let round = 0; round < RESTARTS; round++) {
    const before = await logged();
    await eventually(async () => expect(await logged()).toBeGreaterThan(before));

    await stack.kill('kafka-1');
    const longEnough = delay(AWAY_MS);
    for (const name of SERVICES) {
      const reason = await eventually(async () => (await unreadiness(services, name)) ?? false);
      expect(reason).toMatch(/^503 .*Kafka/);
      reasons.add(`${name}: ${reason}`);
    }
    await longEnough;
    await stack.start('kafka-1');
    for (const name of SERVICES) {
      await eventually(async () => expect(await unreadiness(services, name)).toBeUndefined());
    }
  }
  const after = await logged();
  await eventually(async () => expect(await logged()).toBeGreaterThan(after));
  await flow.end();

  const oracle = await flow.oracle();
  const found = await settledAccount(pipeline, oracle);
  const memory = Object.fromEntries(
    SERVICES.map((name) => [`${name}MostMemoryMiB`, mostMemoryMiBOf(services.pidOf(name))]),
  );
  recordFault({
    fault: 'broker killed and back',
    title: `the only broker away for ${AWAY_MS / 1_000} s`,
    runs: RESTARTS,
    brokerRestarts: RESTARTS,
    published: oracle.published,
    lost: found.lost,
    duplicated: found.duplicated,
    seed,
    seconds: (performance.now() - started) / 1_000,
    measured: { ...memory, repeatedSends: flow.repeatedSends, reasons: [...reasons].join(' | ') },
  });
  expect(found).toEqual(dueAccount(oracle));
  for (const [name, mostMiB] of Object.entries(memory)) {
    expect([name, mostMiB < MOST_MEMORY_MIB]).toEqual([name, true]);
  }
});
