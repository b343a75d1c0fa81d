import { eventually, faultOptions, faultRounds, recordFault } from '#platform/testing';
import { dueAccount, settledAccount } from '../support/accounting.js';
import { EventFlow } from '../support/event-flow.js';
import { FaultStack } from '../support/fault-stack.js';
import { unreadiness } from '../support/readiness.js';
import { ServiceProcesses } from '../support/service-processes.js';
import { TestPipeline } from '../support/test-pipeline.js';

const SERVICES = ['validation', 'inference', 'monitoring'] as const;
const ROUNDS = faultRounds({ small: 1, full: 3 });

const { seed } = faultOptions();

let stack: FaultStack;
let pipeline: TestPipeline;
let services: ServiceProcesses;
let flow: EventFlow | undefined;

beforeAll(async () => {
  stack = await FaultStack.start({ clickhouseDiskMb: 1_024 });
  pipeline = await TestPipeline.create('disk-full', { on: stack.addresses });
  services = new ServiceProcesses(pipeline.name, stack.environment);
  await services.start(...SERVICES);
});

afterEach(async () => {
  await flow?.end(); // a test that failed has not
});

afterAll(async () => {
  await services?.stop();
  await pipeline?.close();
  await stack?.close();
});

async function predicted(): Promise<number> {
  const positions = await pipeline.positions('inference');
  return positions.reduce((sum, { position }) => sum + position, 0);
}

it("ClickHouse's disk is full: monitoring waits and says so, scoring goes on, and all is logged once there is room", async () => {
  const started = performance.now();
  flow = new EventFlow(pipeline, { seed, perSecond: 500, most: 1_000_000 });
  for (let round = 0; round < ROUNDS; round++) {
    await stack.fillDisk();
    const reason = await eventually(async () => {
      const found = await unreadiness(services, 'monitoring');
      return found?.includes('stream') === true || found?.includes('ClickHouse') === true ? found : false;
    });
    expect(reason).toMatch(/^503 .*ClickHouse cannot take it now.*NOT_ENOUGH_SPACE/);
    const before = await predicted();
    await eventually(async () => expect(await predicted()).toBeGreaterThan(before));
    await stack.freeDisk();
    await eventually(async () => expect(await unreadiness(services, 'monitoring')).toBeUndefined());
  }
  const oracle = await flow.end();
  const found = await settledAccount(pipeline, oracle);
  recordFault({
    fault: "ClickHouse's disk full",
    title: 'clickhouse-disk-full',
    runs: ROUNDS,
    clickhouseOutages: ROUNDS,
    published: oracle.published,
    lost: found.lost,
    duplicated: found.duplicated,
    seed,
    seconds: (performance.now() - started) / 1_000,
  });
  expect(found).toEqual(dueAccount(oracle));
});
