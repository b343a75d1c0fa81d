import { eventually, KafkaFaults } from '#platform/testing';
import { numbers, StreamHarness } from '../stream-harness.js';
import { allAtOnce, settle } from './account.js';
import { passingStage, TokenStore, writingStage } from './stages.js';
import { Steps } from './steps.js';

const COUNT = 500;
const IDS = numbers(COUNT, 0).map(({ id }) => id);
const SESSION = { sessionTimeoutMs: 6_000 }; // the broker's own least

const CASES = [
  ['transaction', 'handled'],
  ['transaction', 'appended'],
  ['transaction', 'offset_added'],
  ['intent', 'intent_committed'],
  ['intent', 'written'],
] as const;

/** All of them at once: each takes the session timeout. */
describe('a member that stands still for longer than its session', () => {
  const harnesses: StreamHarness[] = [];
  afterEach(() => Promise.all(harnesses.splice(0).map((harness) => harness.close())));

  async function zombieAt([delivery, step]: (typeof CASES)[number]): Promise<void> {
    const startedAt = performance.now();
    const harness = await StreamHarness.create(1);
    harnesses.push(harness);
    await harness.publish(numbers(COUNT, 0));
    const store = new TokenStore();
    const stage = delivery === 'transaction' ? passingStage() : writingStage(store);
    const faults = new KafkaFaults();
    const held = Steps.hold(harness.group, step, 2);
    const zombie = await harness.start(stage, { ...SESSION, faults });
    await held.reached;
    faults.freeze();
    const successor = await harness.start(stage, SESSION);
    const out = async (): Promise<readonly string[]> =>
      delivery === 'transaction' ? harness.keys('validated') : store.ids;
    await eventually(async () =>
      expect((await harness.committed())[0]).toMatchObject({ offset: COUNT, pending: null }),
    );
    expect(await out()).toEqual(IDS);

    // It wakes: what it was about to send goes out, and it goes on from where it stood.
    faults.thaw();
    held.release();
    await harness.publish(numbers(100, COUNT));
    const all = numbers(COUNT + 100, 0).map(({ id }) => id);
    await eventually(async () => expect((await out()).length).toBeGreaterThanOrEqual(COUNT + 100));
    await Promise.all([zombie.stop(), successor.stop()]);
    expect([...zombie.fatal, ...successor.fatal]).toEqual([]);
    expect((await harness.committed())[0]).toMatchObject({ offset: COUNT + 100, pending: null });
    expect(store.contradictions).toEqual([]);
    settle({ fault: 'zombie', title: `${delivery}, at ${step}`, runs: 1, startedAt }, all, await out());
  }

  /** It works for longer than its session lasts, and is no zombie. */
  async function longBatch(delivery: 'transaction' | 'intent'): Promise<void> {
    const startedAt = performance.now();
    const harness = await StreamHarness.create(1);
    harnesses.push(harness);
    await harness.publish(numbers(50, 0));
    let calls = 0;
    const before = async (): Promise<void> => {
      if (++calls === 1) await new Promise((resolve) => setTimeout(resolve, 8_000));
    };
    const store = new TokenStore();
    await harness.start(
      delivery === 'transaction' ? passingStage({ before }) : writingStage(store, { before }),
      SESSION,
    );
    const out = async (): Promise<readonly string[]> =>
      delivery === 'transaction' ? harness.keys('validated') : store.ids;
    await eventually(async () => expect(await out()).toHaveLength(50));
    expect(calls).toBe(1);
    expect(store.repeated).toBe(0);
    settle({ fault: 'long batch', title: delivery, runs: 1, startedAt }, IDS.slice(0, 50), await out());
  }

  it('commits and emits nothing when it wakes, wherever it stood; one that works for 8 s keeps its batch', async () => {
    await Promise.all([allAtOnce(CASES, zombieAt), allAtOnce(['transaction', 'intent'] as const, longBatch)]);
  });
});
