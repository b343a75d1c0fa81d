import { eventually } from '#platform/testing';
import { setTimeout as delay } from 'node:timers/promises';
import { expectEachOnce } from './support/accounting.js';
import { endToEndOptions } from './support/e2e.config.js';
import { halfHours } from './support/half-hours.js';
import { buildEddyline } from './support/run-eddyline.js';
import { seededRandom } from './support/seeded-random.js';
import { ServiceProcesses } from './support/service-processes.js';
import { spoiledStream } from './support/spoiled-stream.js';
import { TestPipeline } from './support/test-pipeline.js';

const STAGES = ['validation', 'inference', 'monitoring'] as const;
const EVENTS = 100_000;
const ROUNDS = 2;
const PORTIONS = 60;
const BETWEEN_PORTIONS_MS = 500;
/** Longer than the session (6 s), so that the group gives the partitions to the other instance meanwhile. */
const FROZEN_MS = 8_000;

const { seed } = endToEndOptions();

let pipeline: TestPipeline;
let instances: readonly ServiceProcesses[];

beforeAll(async () => {
  await buildEddyline();
  pipeline = await TestPipeline.create('frozen');
  instances = [new ServiceProcesses(pipeline.name), new ServiceProcesses(pipeline.name)];
  await Promise.all(instances.map((instance) => instance.start(...STAGES)));
}, 120_000);

afterAll(async () => {
  await Promise.all((instances ?? []).map((instance) => instance.stop()));
  await pipeline?.close();
});

async function position(): Promise<number> {
  const positions = await pipeline.positions('monitoring');
  return positions.reduce((sum, of) => sum + of.position, 0);
}

it('an instance that was frozen, lost its partitions and woke up in the middle of its work does no harm', async () => {
  const encode = pipeline.encoder();
  const stream = spoiledStream(pipeline.topic('events'), EVENTS, seed, halfHours(pipeline.name), encode);
  const at = (portion: number): number => Math.round((EVENTS * portion) / PORTIONS);
  const publishing = (async () => {
    for (let portion = 0; portion < PORTIONS; portion++) {
      await pipeline.publisher.publish(stream.messages(at(portion), at(portion + 1)));
      await delay(BETWEEN_PORTIONS_MS);
    }
  })();

  const random = seededRandom(seed);
  for (let round = 0; round < ROUNDS; round++) {
    const before = await position();
    await eventually(async () => expect(await position()).toBeGreaterThan(before), { timeoutMs: 60_000 });
    await delay(random() * 1_000);
    const [frozen] = round % 2 === 0 ? instances : instances.toReversed();
    for (const stage of STAGES) frozen!.freeze(stage);
    await delay(FROZEN_MS);
    const taken = await position();
    // The other instance has the partitions now.
    await eventually(async () => expect(await position()).toBeGreaterThan(taken), { timeoutMs: 60_000 });
    for (const stage of STAGES) frozen!.thaw(stage);
  }
  await publishing;
  await expectEachOnce(pipeline, stream.oracle);
}, 300_000);
