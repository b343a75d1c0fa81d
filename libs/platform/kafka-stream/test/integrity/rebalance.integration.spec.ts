import { eventually, faultRounds, seededRandom } from '#platform/testing';
import type { Type } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { numbers, StreamHarness, type RunningStage } from '../stream-harness.js';
import { allAtOnce, settle } from './account.js';
import { passingStage, TokenStore, writingStage } from './stages.js';

const CHANGES = faultRounds({ small: 6, full: 24 });
const ROUND = 150;

/** Members come and go while events flow and batches are in hand, some of them for longer than others wait for them. */
describe('rebalances with work in flight', () => {
  const harnesses: StreamHarness[] = [];
  afterEach(() => Promise.all(harnesses.splice(0).map((harness) => harness.close())));

  async function rebalanced(delivery: 'transaction' | 'intent'): Promise<void> {
    const harness = await StreamHarness.create(4);
    harnesses.push(harness);
    const startedAt = performance.now();
    const random = seededRandom();
    const store = new TokenStore();
    const before = (): Promise<void> => delay(random() < 0.05 ? 600 : random() * 40);
    const stageOf = (): Type =>
      delivery === 'transaction'
        ? passingStage({ maxRecords: 40, before })
        : writingStage(store, { maxRecords: 40, before });
    const members: RunningStage[] = [];
    const join = async (): Promise<void> =>
      void members.push(await harness.start(stageOf(), { sessionTimeoutMs: 6_000 }));

    let published = 0;
    let publishing = true;
    const publisher = (async () => {
      while (publishing) {
        await harness.publish(numbers(ROUND, published));
        published += ROUND;
        await delay(60);
      }
    })();
    await join();
    for (let change = 0; change < CHANGES; change++) {
      await delay(500 + random() * 1_000);
      if (members.length < 2 || (members.length < 4 && random() < 0.5)) await join();
      else await members.splice(Math.floor(random() * members.length), 1)[0]!.stop();
    }
    publishing = false;
    await publisher;

    const ids = numbers(published, 0).map(({ id }) => id);
    const end = { everyMs: 200 };
    if (delivery === 'intent') await eventually(() => expect(store.ids.length).toBeGreaterThanOrEqual(published), end);
    else {
      await eventually(async () => {
        const offsets = (await harness.committed()).map(({ offset }) => Math.max(0, offset));
        expect(offsets.reduce((sum, offset) => sum + offset, 0)).toBe(published);
      }, end);
    }
    await Promise.all(members.map((member) => member.stop()));
    expect(store.contradictions).toEqual([]);
    for (const { fatal } of members) expect(fatal).toEqual([]);
    const found = delivery === 'transaction' ? await harness.keys('validated') : store.ids;
    const run = { fault: 'rebalance', title: delivery, runs: CHANGES, rebalances: CHANGES, startedAt };
    settle(run, ids, found);
  }

  it(
    'lose nothing and repeat nothing',
    () => allAtOnce(['transaction', 'intent'] as const, rebalanced),
    60_000 + CHANGES * 10_000,
  );
});
