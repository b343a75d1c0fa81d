import { HEADER, topicOf } from '#contracts';
import { emit } from '#platform/outcomes';
import { eventually } from '#platform/testing';
import kafkajs from 'kafkajs';
import { createHash } from 'node:crypto';
import { numbers, StreamHarness } from '../stream-harness.js';
import { settle } from './account.js';
import { controllerOf, passingStage, TokenStore, writingStage } from './stages.js';
import type { StageContext, StageResult } from '#platform/kafka';

const COUNT = 2_000;
const LARGE = new Set([3, 4, 500, 501, 1_200, 1_999]);
const IDS = numbers(COUNT, 0).map(({ id }) => id);

/** Bytes that no compression makes smaller, the same for the same name. */
function noise(name: string, bytes: number): Buffer {
  const parts: Buffer[] = [];
  for (let i = 0; i * 32 < bytes; i++) parts.push(createHash('sha256').update(`${name}/${i}`).digest());
  return Buffer.concat(parts).subarray(0, bytes);
}

/** Emits about 300 bytes for each event, for some 6,000. */
const Swelling = controllerOf<StageContext, StageResult>(
  { from: 'events', delivery: 'transaction' },
  async (records, { lease }) => ({
    outcomes: records.map(({ value: { id, n }, partition }) => {
      const value = noise(id, LARGE.has(n) ? 6_000 : 300);
      return emit({ topic: topicOf(lease.pipeline, 'validated'), partition, key: id, value });
    }),
  }),
);

async function setLimit(harness: StreamHarness, topic: string, bytes: number): Promise<void> {
  const admin = harness.kafka.admin();
  await admin.connect();
  try {
    const configEntries = [{ name: 'max.message.bytes', value: String(bytes) }];
    const type = kafkajs.ConfigResourceTypes.TOPIC;
    await admin.alterConfigs({ validateOnly: false, resources: [{ type, name: topic, configEntries }] });
  } finally {
    await admin.disconnect();
  }
}

describe('a topic that someone gave a limit of its own', () => {
  let harness: StreamHarness;
  afterEach(() => harness.close());

  it('takes what fits; the inputs of outputs that don’t are quarantined as too_large, and the partition goes on', async () => {
    const startedAt = performance.now();
    harness = await StreamHarness.create(2, { validated: { 'max.message.bytes': '4000' } });
    await harness.publish(numbers(COUNT, 0));
    const stage = await harness.start(Swelling);
    const large = IDS.filter((_, n) => LARGE.has(n));
    await eventually(async () => expect(await harness.keys('quarantine')).toEqual(large));
    await eventually(async () => expect(await harness.keys('validated')).toHaveLength(COUNT - large.length));
    await stage.stop();
    for (const { headers, value, key } of await harness.read('quarantine')) {
      expect(String(headers[HEADER.quarantineReason])).toBe('too_large');
      expect(String(headers[HEADER.quarantineMessage])).toMatch(/output of about 60\d\d bytes .*validated/);
      expect(value).toEqual(harness.value(String(key), IDS.indexOf(String(key))));
    }
    expect((await harness.committed()).map(({ offset }) => offset)).toEqual([COUNT / 2, COUNT / 2]);
    const found = [...(await harness.keys('validated')), ...(await harness.keys('quarantine'))];
    settle({ fault: 'too large', title: 'outputs', runs: LARGE.size, startedAt }, IDS, found);
  });

  it.each(['transaction', 'intent'] as const)(
    'if it is the quarantine topic: the partition waits, says what to do, and goes on once it is done (%s)',
    async (delivery) => {
      harness = await StreamHarness.create(1, { quarantine: { 'max.message.bytes': '1500' } });
      await harness.publish(numbers(20, 0));
      await harness.publishRaw(noise('poison', 3_000), 0, 'poison');
      await harness.publish(numbers(20, 20));
      const store = new TokenStore();
      const stage = await harness.start(delivery === 'transaction' ? passingStage() : writingStage(store));
      const quarantine = topicOf(harness.name, 'quarantine');
      await eventually(() =>
        expect(stage.server.stageStatuses()[0]).toMatchObject({
          state: 'waiting',
          reason: expect.stringContaining(`--alter --topic ${quarantine}`) as string,
        }),
      );
      expect(stage.fatal).toEqual([]);
      await setLimit(harness, quarantine, 10_000);
      await eventually(async () => expect(await harness.keys('quarantine')).toEqual(['poison']));
      const out = async (): Promise<readonly string[]> =>
        delivery === 'transaction' ? harness.keys('validated') : store.ids;
      await eventually(async () => expect(await out()).toEqual(IDS.slice(0, 40)));
      expect(store.contradictions).toEqual([]);
    },
  );
});
