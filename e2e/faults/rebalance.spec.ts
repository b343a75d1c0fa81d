import { eventually, faultOptions, faultRounds, recordFault, seededRandom } from '#platform/testing';
import { dueAccount, settledAccount } from '../support/accounting.js';
import { EventFlow } from '../support/event-flow.js';
import { metricOf } from '../support/service-metrics.js';
import { ServiceProcesses } from '../support/service-processes.js';
import { TestPipeline } from '../support/test-pipeline.js';

const SERVICES = ['validation', 'inference', 'monitoring'] as const;
type Service = (typeof SERVICES)[number];
/** In each a member of each service comes and one goes. */
const ROUNDS = faultRounds({ small: 1, full: 4 });
const REBALANCES = 'eddyline_stage_rebalances_total';

const { seed } = faultOptions();

let pipeline: TestPipeline;
/** One member of each that stays, and counts. */
let staying: ServiceProcesses;
let coming: ServiceProcesses;
let flow: EventFlow | undefined;

beforeAll(async () => {
  pipeline = await TestPipeline.create('rebalance', { partitions: 4 });
  const environment = { KAFKA_SESSION_TIMEOUT_MS: '2000' };
  staying = new ServiceProcesses(pipeline.name, environment);
  coming = new ServiceProcesses(pipeline.name, environment);
  await staying.start(...SERVICES);
});

afterEach(async () => {
  await flow?.end(); // a test that failed has not
});

afterAll(async () => {
  await Promise.all([staying?.stop(), coming?.stop()]);
  await pipeline?.close();
});

async function progress(service: Service): Promise<number> {
  const positions = await pipeline.positions(service);
  return positions.reduce((sum, { position }) => sum + position, 0);
}

/** The group has new members, and goes on. */
async function untilItGoesOn(service: Service, rebalances: number): Promise<void> {
  await eventually(async () => expect(await metricOf(staying, service, REBALANCES)).toBeGreaterThan(rebalances));
  const before = await progress(service);
  await eventually(async () => expect(await progress(service)).toBeGreaterThan(before));
}

async function comeAndGo(service: Service): Promise<{ readonly rebalances: number; readonly kills: number }> {
  const random = seededRandom(seed + SERVICES.indexOf(service));
  const atFirst = await metricOf(staying, service, REBALANCES);
  let kills = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const beforeJoin = await metricOf(staying, service, REBALANCES);
    await coming.start(service);
    await untilItGoesOn(service, beforeJoin);
    const beforeLeave = await metricOf(staying, service, REBALANCES);
    if (random() < 0.5) {
      await coming.kill(service);
      kills++;
    } else {
      expect(await coming.stopOne(service)).toMatchObject({ code: 0, signal: null });
    }
    await untilItGoesOn(service, beforeLeave);
  }
  return { rebalances: (await metricOf(staying, service, REBALANCES)) - atFirst, kills };
}

it('members come, go and die while events flow: nothing is lost, nothing comes twice', async () => {
  const started = performance.now();
  flow = new EventFlow(pipeline, { seed, perSecond: 500, most: 1_000_000 });
  const counts = await Promise.all(SERVICES.map((service) => comeAndGo(service)));
  const oracle = await flow.end();
  const found = await settledAccount(pipeline, oracle);
  const rebalances = counts.reduce((sum, count) => sum + count.rebalances, 0);
  recordFault({
    fault: 'rebalance with work in flight',
    title: 'rebalance',
    runs: rebalances,
    rebalances,
    kills: counts.reduce((sum, count) => sum + count.kills, 0),
    published: oracle.published,
    lost: found.lost,
    duplicated: found.duplicated,
    seed,
    seconds: (performance.now() - started) / 1_000,
  });
  expect(rebalances).toBeGreaterThanOrEqual(2 * ROUNDS * SERVICES.length);
  expect(found).toEqual(dueAccount(oracle));
});
