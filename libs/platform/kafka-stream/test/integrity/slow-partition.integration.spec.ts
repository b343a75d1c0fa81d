import { eventually } from '#platform/testing';
import { numbers, StreamHarness } from '../stream-harness.js';
import { settle } from './account.js';
import { passingStage, TokenStore, writingStage } from './stages.js';

describe('a slow consumer of one partition', () => {
  let harness: StreamHarness;
  beforeEach(async () => (harness = await StreamHarness.create(3)));
  afterEach(() => harness.close());

  const half = 1_200;
  const ids = numbers(2 * half, 0).map(({ id }) => id);
  /** The harness spreads events by their place: every third one is of partition 0. */
  const others = (list: readonly string[]): string[] => list.filter((_, place) => place % 3 !== 0);

  it('does not stop the others, and goes on itself where it was', async () => {
    const startedAt = performance.now();
    const slow = Promise.withResolvers<void>();
    let calls = 0;
    const Slow = passingStage({
      before: async (_, { partition }) => {
        if (partition !== 0) return;
        calls++;
        await slow.promise;
      },
    });
    await harness.publish(numbers(half, 0));
    const stage = await harness.start(Slow);
    const firstHalf = others(ids.slice(0, half));
    await eventually(async () => expect(await harness.keys('validated')).toEqual(firstHalf));
    await harness.publish(numbers(half, half)); // fetched while partition 0 is in the background
    await eventually(async () => expect(await harness.keys('validated')).toEqual(others(ids)));
    expect(calls).toBe(1);
    slow.resolve();
    await eventually(async () => expect(await harness.keys('validated')).toHaveLength(2 * half));
    await stage.stop();
    expect((await harness.committed()).map(({ offset }) => offset)).toEqual([800, 800, 800]);
    settle({ fault: 'slow partition', title: 'transaction', runs: 1, startedAt }, ids, await harness.keys('validated'));
  });

  it('does not stop the others on their way to a store', async () => {
    const startedAt = performance.now();
    const slow = Promise.withResolvers<void>();
    const store = new TokenStore();
    const Slow = writingStage(store, { before: (_, { partition }) => (partition === 0 ? slow.promise : undefined) });
    await harness.publish(numbers(half, 0));
    const stage = await harness.start(Slow);
    await eventually(() => expect(store.ids).toEqual(others(ids.slice(0, half))));
    await harness.publish(numbers(half, half));
    await eventually(() => expect(store.ids).toEqual(others(ids)));
    slow.resolve();
    await eventually(() => expect(store.ids).toHaveLength(2 * half));
    await stage.stop();
    expect((await harness.committed()).map(({ offset }) => offset)).toEqual([800, 800, 800]);
    expect(store.contradictions).toEqual([]);
    settle({ fault: 'slow partition', title: 'intent', runs: 1, startedAt }, ids, store.ids);
  });

  it('in the background is waited for when the service stops', async () => {
    const slow = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const Slow = passingStage({
      maxRecords: 400,
      before: async (_, { partition }) => {
        if (partition === 0) begun.resolve();
        if (partition === 0) await slow.promise;
      },
    });
    await harness.publish(numbers(half, 0));
    const stage = await harness.start(Slow);
    await begun.promise;
    await eventually(async () => expect(await harness.keys('validated')).toHaveLength(800));
    const stopped = stage.stop();
    slow.resolve();
    await stopped;
    expect((await harness.committed()).map(({ offset }) => offset)).toEqual([400, 400, 400]);
    expect(await harness.keys('validated')).toEqual(ids.slice(0, half));
  });
});
