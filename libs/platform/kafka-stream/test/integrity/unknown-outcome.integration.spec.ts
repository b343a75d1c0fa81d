import { eventually, KafkaFaults, type KafkaApi } from '#platform/testing';
import { numbers, StreamHarness } from '../stream-harness.js';
import { allAtOnce, settle } from './account.js';
import { passingStage, TokenStore, writingStage } from './stages.js';

const COUNT = 600;
const IDS = numbers(COUNT, 0).map(({ id }) => id);

/** Each n-th answer of a kind is lost with its connection, after the broker has done what was asked. */
describe('a commit whose answer is lost', () => {
  const harnesses: StreamHarness[] = [];
  afterEach(() => Promise.all(harnesses.splice(0).map((harness) => harness.close())));

  async function aHarness(): Promise<StreamHarness> {
    const harness = await StreamHarness.create(1);
    harnesses.push(harness);
    return harness;
  }

  const IN_A_TRANSACTION: readonly (readonly [KafkaApi, number])[] = [
    ['addPartitionsToTxn', 2],
    ['produce', 3],
    ['addOffsetsToTxn', 2],
    ['txnOffsetCommit', 3],
    ['endTxn', 1],
    ['endTxn', 3],
    ['heartbeat', 1],
  ];

  async function topicToTopic([api, nth]: readonly [KafkaApi, number]): Promise<void> {
    const harness = await aHarness();
    const startedAt = performance.now();
    const faults = new KafkaFaults();
    const lost = faults.loseAnswer(api, nth);
    // A heartbeat needs a batch that takes its time.
    const before = api === 'heartbeat' ? () => lost : undefined;
    await harness.publish(numbers(COUNT, 0));
    const stage = await harness.start(passingStage(before === undefined ? {} : { before }), {
      faults,
      sessionTimeoutMs: 6_000,
    });
    await lost;
    await eventually(async () => expect(await harness.keys('validated')).toHaveLength(COUNT));
    await stage.stop();
    expect((await harness.committed())[0]!.offset).toBe(COUNT);
    settle({ fault: 'lost answer', title: `${api} ${nth}`, runs: 1, startedAt }, IDS, await harness.keys('validated'));
  }

  async function topicToStore(nth: number): Promise<void> {
    const harness = await aHarness();
    const startedAt = performance.now();
    const faults = new KafkaFaults();
    const lost = faults.loseAnswer('offsetCommit', nth);
    const store = new TokenStore();
    await harness.publish(numbers(COUNT, 0));
    const stage = await harness.start(writingStage(store), { faults, sessionTimeoutMs: 6_000 });
    await lost;
    await eventually(() => expect(store.ids).toHaveLength(COUNT));
    await stage.stop();
    expect((await harness.committed())[0]).toMatchObject({ offset: COUNT, pending: null });
    expect(store.contradictions).toEqual([]);
    settle({ fault: 'lost answer', title: `offsetCommit ${nth}`, runs: 1, startedAt }, IDS, store.ids);
  }

  it('topic to topic, changes nothing in what comes out', () => allAtOnce(IN_A_TRANSACTION, topicToTopic));
  it('topic to store, changes nothing in what comes out', () => allAtOnce([1, 2, 4], topicToStore));
});
