import { eventually, seededRandom } from '#platform/testing';
import type { DurableStepReached } from '#platform/kafka';
import { numbers, StreamHarness } from '../stream-harness.js';
import { settle } from './account.js';
import { passingStage, TokenStore, writingStage } from './stages.js';
import { Steps } from './steps.js';

const COUNT = 800;
const IDS = numbers(COUNT, 0).map(({ id }) => id);

/** A reader outside of the stage looks at every step; the stage stands still meanwhile. */
describe('offsets', () => {
  let harness: StreamHarness;
  let watch: Steps | undefined;
  const findings: string[] = [];
  let looks = 0;

  beforeEach(async () => {
    harness = await StreamHarness.create(2);
    findings.length = looks = 0;
  });
  afterEach(async () => {
    watch?.close();
    await harness.close();
  });

  function atEachStep(look: (step: DurableStepReached) => Promise<void>): void {
    watch = new Steps(harness.group, (step) => {
      step.hold(
        look(step).then(
          () => looks++,
          (error: unknown) => findings.push(`${step.step} of ${step.partition}: ${(error as Error).message}`),
        ),
      );
    });
  }

  async function committedOf(
    partition: number,
  ): Promise<{ offset: number; pending: readonly [number, number] | null }> {
    const { offset, pending } = (await harness.committed()).find((entry) => entry.partition === partition)!;
    return { offset: Math.max(0, offset), pending };
  }

  /** Batches of different partitions end in an order of chance. */
  function atRandom(): () => Promise<void> {
    const random = seededRandom();
    return () => new Promise((resolve) => setTimeout(resolve, random() * 20));
  }

  it('topic to topic: are one more than the last durable output, at every step', async () => {
    const startedAt = performance.now();
    const durable = [0, 0];
    atEachStep(async ({ step, partition }) => {
      const seen = async (): Promise<readonly [number, number]> => [
        (await committedOf(partition)).offset,
        (await harness.read('validated')).filter((record) => record.partition === partition).length,
      ];
      if (step === 'committed') {
        durable[partition]! += 100;
        // The commit is decided; its markers are being written.
        await eventually(async () => expect(await seen()).toEqual([durable[partition], durable[partition]]));
      } else expect(await seen()).toEqual([durable[partition], durable[partition]]);
    });
    await harness.publish(numbers(COUNT, 0));
    const stage = await harness.start(passingStage({ before: atRandom() }));
    await eventually(() => expect(durable).toEqual([COUNT / 2, COUNT / 2]));
    await stage.stop();
    expect(findings).toEqual([]);
    expect(looks).toBe(2 * (2 + (4 * COUNT) / 2 / 100));
    const found = await harness.keys('validated');
    settle({ fault: 'offset order', title: 'transaction', runs: looks, startedAt }, IDS, found);
  });

  it('topic to store: name the range about to be written, and pass it when it is', async () => {
    const startedAt = performance.now();
    const store = new TokenStore();
    const written = [0, 0];
    const before = atRandom();
    const Writing = writingStage(store, {
      before: async (records, { partition }) => {
        await before();
        written[partition]! += records.length;
      },
    });
    atEachStep(async ({ step, partition }) => {
      const { offset, pending } = await committedOf(partition);
      const done = written[partition]!;
      if (step === 'intent_committed') expect([offset, pending]).toEqual([done, [done, done + 100]]);
      else if (step === 'written') expect([offset, pending]).toEqual([done - 100, [done - 100, done]]);
      else expect([offset, pending]).toEqual([done, null]);
    });
    await harness.publish(numbers(COUNT, 0));
    const stage = await harness.start(Writing);
    await eventually(() => expect(store.ids).toHaveLength(COUNT));
    await stage.stop();
    expect(findings).toEqual([]);
    expect(looks).toBeGreaterThanOrEqual(2 * (2 + (2 * COUNT) / 2 / 100 + 1));
    settle({ fault: 'offset order', title: 'intent', runs: looks, startedAt }, IDS, store.ids);
  });
});
