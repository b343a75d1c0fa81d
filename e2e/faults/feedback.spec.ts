import { HEADER } from '#contracts';
import type { OutboundMessage } from '#platform/outcomes';
import { eventually, faultOptions, faultRounds, recordFault, seededRandom } from '#platform/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { faultPointFlags, readHits, STEPS_OF } from '../support/fault-points.js';
import { halfHours } from '../support/half-hours.js';
import { labelStream } from '../support/label-stream.js';
import { ServiceProcesses } from '../support/service-processes.js';
import { TestPipeline } from '../support/test-pipeline.js';

/** Each kills feedback twice: at a moment of chance, and at a durable step. */
const ROUNDS = faultRounds({ small: 2, full: 10 });
const EVENTS = faultRounds({ small: 4_000, full: 20_000 });
const STEP_MS = 10_000;
const WITHIN_MS = 3_600_000;
/** Between one kill and the next, at most. */
const MOST_BETWEEN_MS = 1_500;
const LATEST_ARRIVAL = 4;

const { seed } = faultOptions();

let pipeline: TestPipeline;
let services: ServiceProcesses;
let feedback: ServiceProcesses;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eddyline-feedback-'));
  pipeline = await TestPipeline.create('feedback', {
    yaml: (text) => text.replace(/^monitor:\n(?: .*\n)+/m, '').replace('within: 7d', 'within: 1h'),
  });
  services = new ServiceProcesses(pipeline.name);
  feedback = new ServiceProcesses(pipeline.name, {
    KAFKA_SESSION_TIMEOUT_MS: '2000',
    EDDYLINE_LABEL_GRACE: '5s',
    EDDYLINE_LABEL_RETRY: '2s',
  });
});

afterAll(async () => {
  await Promise.all([services?.stop(), feedback?.stop()]);
  await pipeline?.close();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

/** While feedback dies, each time a part of what is left, so that there is always more to come; then the rest. */
async function publish(messages: readonly OutboundMessage[], killing: AbortSignal): Promise<void> {
  for (let from = 0; from < messages.length;) {
    const to = killing.aborted ? from + 2_000 : from + Math.ceil((messages.length - from) / 30);
    await pipeline.publisher.publish(messages.slice(from, to));
    from = to;
    if (!killing.aborted) await delay(300);
  }
}

/** One life that ends by itself at a durable step of the join, of labels that came or of labels that wait. */
async function dieAt(round: number, random: () => number): Promise<string> {
  const report = join(folder, `life-${round}`);
  const steps = STEPS_OF.feedback;
  const step = steps[(round * 2 + Math.floor(random() * 2)) % steps.length]!;
  const arrival = 1 + Math.floor(random() * LATEST_ARRIVAL);
  feedback.launch('feedback', faultPointFlags({ step, arrival, signal: 'SIGKILL', report }));
  const { signal, said } = await feedback.ended('feedback');
  const [hit] = readHits(report);
  expect({ signal, step: hit?.step, said: signal === 'SIGKILL' ? [] : said }).toEqual({
    signal: 'SIGKILL',
    step,
    said: [],
  });
  return `at ${step} of ${hit!.where}`;
}

async function killAtRandom(random: () => number): Promise<string> {
  const before = await position();
  feedback.launch('feedback');
  // It works: no kill may hit a process that does nothing.
  await eventually(async () => expect(await position()).not.toBe(before), { everyMs: 20 });
  await delay(random() * MOST_BETWEEN_MS);
  await feedback.kill('feedback');
  return 'at a moment of chance';
}

/** Labels whose prediction was not in the log when they came. */
async function waitingLabels(): Promise<readonly unknown[]> {
  const waiting = await pipeline.read('label-retries');
  return waiting.filter(({ headers }) => headers[HEADER.labelAttempt]?.toString() === '1');
}

async function position(): Promise<number> {
  return (await pipeline.positions('feedback')).reduce((sum, { position }) => sum + position, 0);
}

interface Held {
  readonly event_id: string;
  readonly label: number;
  readonly label_time: number;
  readonly label_revision: number;
  readonly score: number;
}

describe(`labels of ${EVENTS} events, while feedback is killed ${2 * ROUNDS + 1} times`, () => {
  it('end in the label that holds for each event, and in quarantine where there is no event', async () => {
    const { applied, codecs, database } = pipeline;
    const aHalfHour = halfHours(pipeline.name, STEP_MS);
    const events = Array.from({ length: EVENTS }, (_, n) => aHalfHour(n));
    const encodeEvent = pipeline.encoder();
    const encodeLabel = codecs.encoderFor(applied.definition.label!.schema, applied.schemaIds.label!);
    // The log must pass them by as much as a label waits, before the stream ends.
    const orphansBeforeMs = events.at(-1)!.at - 2 * WITHIN_MS;
    const { oracle, early, rest } = labelStream(pipeline.topic('labels'), events, orphansBeforeMs, seed, encodeLabel);
    const random = seededRandom(seed + 1);
    const started = performance.now();

    await services.start('validation', 'inference', 'monitoring');
    const killing = new AbortController();
    await pipeline.publisher.publish(early);
    // All of them have been looked for, in vain, before the first event is there.
    feedback.launch('feedback');
    await eventually(async () => expect((await waitingLabels()).length).toBe(early.length), {
      everyMs: 500,
    });
    await feedback.kill('feedback');
    const toEvents = events.map((event) => ({
      topic: pipeline.topic('events'),
      key: event.event_id,
      value: encodeEvent(event),
    }));
    const publishing = Promise.all([publish(toEvents, killing.signal), publish(rest, killing.signal)]);
    publishing.catch(() => undefined); // awaited below
    const deaths: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      deaths.push(await killAtRandom(random), await dieAt(round, random));
    }
    feedback.launch('feedback');
    killing.abort();
    await publishing;

    const due = [...oracle.orphans.values()].reduce((sum, times) => sum + times, 0);
    const refused = () =>
      pipeline.rows<{ event_id: string; reason: string; times: number; places: number }>(
        `SELECT event_id, reason, toUInt32(count()) AS times, toUInt32(uniqExact(topic, partition, offset)) AS places
         FROM ${database}.quarantine GROUP BY event_id, reason ORDER BY event_id`,
      );
    const joined = async () =>
      (
        await pipeline.rows<{ rows: number; labels: number; orphans: number }>(
          `SELECT toUInt32(count()) AS rows, toUInt32(uniqExact(label_partition, label_offset)) AS labels,
             (SELECT toUInt32(count()) FROM ${database}.quarantine) AS orphans FROM ${database}.outcome_revisions`,
        )
      )[0]!;
    await eventually(
      async () => expect(await joined()).toEqual({ rows: oracle.joined, labels: oracle.joined, orphans: due }),
      { everyMs: 500 },
    ).catch(() => undefined); // compared below

    const scores = new Map(
      (
        await pipeline.rows<{ event_id: string; score: number }>(`SELECT event_id, score FROM ${database}.predictions`)
      ).map(({ event_id, score }) => [event_id, score]),
    );
    const held = await pipeline.rows<Held>(
      `SELECT event_id, label, toUnixTimestamp64Milli(label_time)::Float64 AS label_time,
         label_revision::Float64 AS label_revision, score FROM ${database}.outcomes`,
    );
    const byId = <T extends { readonly event_id: string }>(rows: readonly T[]): readonly T[] =>
      rows.toSorted((a, b) => (a.event_id < b.event_id ? -1 : 1));
    const expected = [...oracle.holding.values()].map(({ event_id, price_went_up, known_at }): Held => ({
      event_id,
      label: price_went_up,
      label_time: known_at,
      label_revision: known_at,
      score: scores.get(event_id) ?? Number.NaN,
    }));
    const waited = await waitingLabels();
    const found = await joined();
    recordFault({
      fault: 'kill -9 of the join of labels',
      title: 'feedback',
      runs: deaths.length + 1,
      kills: deaths.length + 1,
      published: early.length + rest.length,
      lost: Math.max(0, oracle.joined - found.labels) + Math.max(0, due - found.orphans),
      duplicated: found.rows - found.labels + Math.max(0, found.orphans - due),
      seed,
      seconds: (performance.now() - started) / 1_000,
      measured: { waited: waited.length, orphans: found.orphans },
    });
    console.info(deaths.map((death) => `killed ${death}`).join('\n'));
    expect(found).toEqual({ rows: oracle.joined, labels: oracle.joined, orphans: due });
    expect(byId(held)).toEqual(byId(expected));
    expect(byId(await refused())).toEqual(
      byId(
        [...oracle.orphans].map(([event_id, times]) => ({ event_id, reason: 'orphan_label', times, places: times })),
      ),
    );
    expect(waited.length).toBeGreaterThanOrEqual(early.length);
  }, 900_000);
});
