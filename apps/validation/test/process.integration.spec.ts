import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { eventually, stack } from '#platform/testing';
import { aHalfHour, ValidationHarness, type HalfHour } from './validation-harness.js';

const ROOT = join(import.meta.dirname, '../../..');
const MAIN = join(ROOT, 'dist/apps/validation/src/main.js');
const PARTITIONS = 2;
const HALF_HOURS = 8_000;
const KILLS = 3;

let running: ChildProcess | undefined;

async function start(pipeline: string): Promise<void> {
  running = spawn(process.execPath, [MAIN], {
    env: {
      KAFKA_BROKERS: stack().kafkaBrokers,
      SCHEMA_REGISTRY_URL: stack().schemaRegistryUrl,
      EDDYLINE_PIPELINES: pipeline,
      KAFKA_SESSION_TIMEOUT_MS: '2000',
      LOG_LEVEL: 'error',
      PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(running.stdout!, 'data');
}

async function kill(): Promise<void> {
  if (running === undefined) return;
  const exited = once(running, 'exit');
  running.kill('SIGKILL');
  await exited;
  running = undefined;
}

/** Every seventh half-hour comes twice, the second time three later; every eleventh is out of range. */
function streamOf(partition: number): { events: HalfHour[]; accepted: string[]; refused: number; repeated: number } {
  const events: HalfHour[] = [];
  const accepted: string[] = [];
  let refused = 0;
  let repeated = 0;
  for (let n = partition; n < HALF_HOURS * PARTITIONS; n += PARTITIONS) {
    const good = n % 11 !== 0;
    const event = aHalfHour(n, good ? {} : { nsw_price: 2 });
    events.push(event);
    if (good) accepted.push(String(event['event_id']));
    else refused++;
    const earlier = n - 3 * PARTITIONS;
    if (earlier < 0 || earlier % 7 !== 0 || earlier % 11 === 0) continue;
    events.push(aHalfHour(earlier));
    repeated++;
  }
  return { events, accepted, refused, repeated };
}

afterEach(kill);

it(`loses and repeats nothing though it is killed ${KILLS} times while events pass`, async () => {
  const harness = await ValidationHarness.create();
  const streams = Array.from({ length: PARTITIONS }, (_, partition) => streamOf(partition));
  const publish = async (from: number, to: number): Promise<void> => {
    for (const [partition, { events }] of streams.entries()) await harness.publish(events.slice(from, to), partition);
  };
  const chunk = Math.ceil(streams[0]!.events.length / (KILLS + 1)) + 1;
  for (let kills = 0; kills < KILLS; kills++) {
    const before = await harness.position();
    await publish(kills * chunk, (kills + 1) * chunk);
    await start(harness.name);
    // In the middle of the backlog: something was committed, much was not.
    await eventually(async () => expect(await harness.position()).toBeGreaterThan(before), {
      everyMs: 5,
    });
    await kill();
    expect(await harness.position()).toBeLessThan(before + PARTITIONS * chunk);
  }
  await publish(KILLS * chunk, (KILLS + 1) * chunk);
  await start(harness.name);
  const total = streams.reduce((sum, { events }) => sum + events.length, 0);
  await eventually(async () => expect(await harness.position()).toBe(total), { everyMs: 250 });
  // The markers of the last transactions may be on their way.
  for (const [partition, { accepted }] of streams.entries())
    await eventually(async () => expect(await harness.validatedIds(partition)).toEqual(accepted), { everyMs: 250 });
  const refused = streams.reduce((sum, stream) => sum + stream.refused, 0);
  await eventually(async () => expect(await harness.read('quarantine')).toHaveLength(refused), { everyMs: 250 });
  const dropped = (await harness.committed()).map(({ dropped: counts }) => counts['duplicate']);
  expect(dropped).toEqual(streams.map(({ repeated }) => repeated));
  await harness.close();
});
