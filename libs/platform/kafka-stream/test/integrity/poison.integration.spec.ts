import { HEADER } from '#contracts';
import { Retriable } from '#platform/outcomes';
import { eventually, faultOptions, faultRounds, seededRandom } from '#platform/testing';
import { StreamHarness } from '../stream-harness.js';
import { allAtOnce, settle } from './account.js';
import { passingStage, TokenStore, writingStage } from './stages.js';
import { Steps } from './steps.js';

const COUNT = faultRounds({ small: 2_000, full: 20_000 });
const AWAY = new Retriable('kafka_unreachable', 'an outage at this very step');

/** Publishes events of which 1 % cannot be decoded. @returns the ids of both kinds, in their order */
async function publishSpoiled(harness: StreamHarness, count: number): Promise<{ good: string[]; bad: string[] }> {
  const random = seededRandom(faultOptions().seed);
  const good: string[] = [];
  const bad: string[] = [];
  for (let n = 0; n < count; n++) {
    const spoiled = random() < 0.01;
    (spoiled ? bad : good).push(`${spoiled ? 'bad' : 'good'}-${String(n).padStart(6, '0')}`);
  }
  await harness.publishEvents(
    [...good, ...bad]
      .map((id) => ({ id, n: Number(id.split('-')[1]) }))
      .sort((a, b) => a.n - b.n)
      .map(({ id, n }) => ({
        key: id,
        value: id.startsWith('bad') ? Buffer.from(`spoiled ${n}`) : harness.value(id, n),
      })),
  );
  return { good, bad };
}

describe('one record in a hundred cannot be decoded', () => {
  const harnesses: StreamHarness[] = [];
  afterEach(() => Promise.all(harnesses.splice(0).map((harness) => harness.close())));

  async function aHarness(): Promise<StreamHarness> {
    const harness = await StreamHarness.create(2);
    harnesses.push(harness);
    return harness;
  }

  it('topic to topic: each of those is quarantined once, with its bytes and place, and all others go on', async () => {
    const startedAt = performance.now();
    const harness = await aHarness();
    const { good, bad } = await publishSpoiled(harness, COUNT);
    const stage = await harness.start(passingStage());
    await eventually(async () => expect(await harness.keys('validated')).toHaveLength(good.length));
    await eventually(async () => expect(await harness.keys('quarantine')).toEqual(bad));
    await stage.stop();
    const input = new Map((await harness.read('events')).map((record) => [String(record.key), record]));
    for (const { key, value, headers } of await harness.read('quarantine')) {
      const original = input.get(String(key))!;
      expect(value).toEqual(original.value);
      expect(String(headers[HEADER.quarantineOffset])).toBe(String(original.offset));
      expect(String(headers[HEADER.quarantinePartition])).toBe(String(original.partition));
    }
    const found = [...(await harness.keys('validated')), ...(await harness.keys('quarantine'))];
    settle({ fault: 'poison', title: '1 %, transaction', runs: bad.length, startedAt }, [...good, ...bad], found);
  });

  // `appended`, `offset_added` and `committed` are of the transaction that closes a range with such records.
  const FAILING = [null, 'fenced', 'intent_committed', 'written', 'appended', 'offset_added', 'committed'] as const;

  async function topicToStore(step: (typeof FAILING)[number]): Promise<void> {
    const harness = await aHarness();
    const startedAt = performance.now();
    const { good, bad } = await publishSpoiled(harness, COUNT);
    const store = new TokenStore();
    const failed = step === null ? undefined : Steps.fail(harness.group, step, AWAY, step === 'fenced' ? 1 : 3);
    const stage = await harness.start(writingStage(store));
    await failed;
    await eventually(() => expect(store.ids).toHaveLength(good.length));
    await eventually(async () => expect((await harness.keys('quarantine')).length).toBeGreaterThanOrEqual(bad.length));
    await stage.stop();
    expect(store.contradictions).toEqual([]);
    expect((await harness.committed()).map(({ offset, pending }) => ({ offset, pending }))).toEqual([
      { offset: COUNT / 2, pending: null },
      { offset: COUNT / 2, pending: null },
    ]);
    const found = [...store.ids, ...(await harness.keys('quarantine'))];
    const title = `1 %, intent, ${step ?? 'no'} failure`;
    settle({ fault: 'poison', title, runs: bad.length, startedAt }, [...good, ...bad], found);
  }

  it('topic to store: each is quarantined once, whatever fails', () => allAtOnce(FAILING, topicToStore), 120_000);
});
