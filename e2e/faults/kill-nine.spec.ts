import { eventually, faultOptions, faultRounds, recordFault, seededRandom, shuffled } from '#platform/testing';
import { setTimeout as delay } from 'node:timers/promises';
import { dueAccount, settledAccount } from '../support/accounting.js';
import { halfHours } from '../support/half-hours.js';
import { ServiceProcesses } from '../support/service-processes.js';
import { spoiledStream, type SpoiledStream } from '../support/spoiled-stream.js';
import { TestPipeline } from '../support/test-pipeline.js';

const KILLED = ['validation', 'inference', 'monitoring'] as const;
const ROUNDS = faultRounds({ small: 2, full: 5 });
const EVENTS = faultRounds({ small: 12_000, full: 200_000 });
/** Between one kill and the next of a round, at most: the others go on, wait, or work through what is left. */
const MOST_BETWEEN_MS = 1_000;
const BETWEEN_PORTIONS_MS = 300;

const { seed } = faultOptions();

let pipeline: TestPipeline;
let services: ServiceProcesses;

beforeAll(async () => {
  pipeline = await TestPipeline.create('kill-nine');
  services = new ServiceProcesses(pipeline.name, { KAFKA_SESSION_TIMEOUT_MS: '2000' });
});

afterAll(async () => {
  await services?.stop();
  await pipeline?.close();
});

/** While services die, each time a hundredth of what is left, so that there are always more to come; then the rest. */
async function publish({ oracle, messages }: SpoiledStream, killing: AbortSignal): Promise<void> {
  for (let from = 0; from < oracle.published;) {
    const to = killing.aborted
      ? Math.min(from + 2_000, oracle.published)
      : from + Math.ceil((oracle.published - from) / 100);
    await pipeline.publisher.publish(messages(from, to));
    from = to;
    if (!killing.aborted) await delay(BETWEEN_PORTIONS_MS);
  }
}

/** Sum of the committed offsets of each service. */
async function progress(): Promise<Record<(typeof KILLED)[number], number>> {
  const entries = await Promise.all(
    KILLED.map(async (service) => {
      const positions = await pipeline.positions(service);
      return [service, positions.reduce((sum, { position }) => sum + position, 0)] as const;
    }),
  );
  return Object.fromEntries(entries) as Record<(typeof KILLED)[number], number>;
}

/** Records that lie before each service. */
async function unread(): Promise<readonly number[]> {
  const positions = await Promise.all(KILLED.map((service) => pipeline.positions(service)));
  return positions.map((of) => of.reduce((sum, { position, high }) => sum + high - position, 0));
}

/**
 * Resolves when the next rows stand in ClickHouse, or there are none for a while: a death now is likely to fall between the
 * insert and the commit of its offsets, where only the token of the repetition keeps rows from coming twice.
 */
async function untilWritten(): Promise<void> {
  const rows = async (): Promise<number> => {
    const [row] = await pipeline.rows<{ rows: number }>(`SELECT count() AS rows FROM ${pipeline.database}.predictions`);
    return row!.rows;
  };
  const before = await rows();
  for (const deadline = performance.now() + MOST_BETWEEN_MS; performance.now() < deadline;) {
    if ((await rows()) > before) return;
  }
}

describe(`${EVENTS} events, while validation, inference and monitoring are killed ${ROUNDS} times each`, () => {
  it('are logged once each, less those quarantined and those sent twice', async () => {
    const aHalfHour = halfHours(pipeline.name);
    const stream = spoiledStream(pipeline.topic('events'), EVENTS, seed, aHalfHour, pipeline.encoder());
    const { oracle } = stream;
    const random = seededRandom(seed);
    const started = performance.now();
    for (const name of KILLED) services.launch(name);

    const killing = new AbortController();
    const publishing = publish(stream, killing.signal);
    const kills: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const before = await progress();
      // Every one of them has come back and works: no kill may hit a process that does nothing.
      await eventually(
        async () => {
          const now = await progress();
          for (const service of KILLED) expect([service, now[service]]).not.toEqual([service, before[service]]);
        },
        { everyMs: 20 },
      );
      for (const service of shuffled(KILLED, random)) {
        await delay(random() * MOST_BETWEEN_MS);
        const before = await unread();
        if (service === 'monitoring') await untilWritten();
        await services.kill(service);
        const begun = (await pipeline.positions(service)).filter(({ pending }) => pending).length;
        kills.push(`${service.padEnd(10)} with ${before.join(', ')} records before the three, ${begun} ranges begun`);
        services.launch(service);
      }
    }
    killing.abort();
    await publishing;

    const found = await settledAccount(pipeline, oracle);
    recordFault({
      fault: 'kill -9 at a moment of chance',
      title: 'kill-nine',
      runs: kills.length,
      kills: kills.length,
      published: oracle.published,
      lost: found.lost,
      duplicated: found.duplicated,
      seed,
      seconds: (performance.now() - started) / 1_000,
    });
    console.info(kills.map((kill) => `killed ${kill}`).join('\n'));
    expect(found).toEqual(dueAccount(oracle));
  });
});
