import { topicOf } from '#contracts';
import { eventually } from '#platform/testing';
import { TransactionalPublisher } from '#platform/kafka';
import { numbers, StreamHarness } from '../stream-harness.js';
import { settle } from './account.js';
import { passingStage } from './stages.js';
import { Steps } from './steps.js';

const IDS = numbers(500, 0).map(({ id }) => id);

describe('a transaction whose producer id another owner opens', () => {
  let harness: StreamHarness;
  beforeEach(async () => (harness = await StreamHarness.create(1)));
  afterEach(() => harness.close());

  it.each(['handled', 'appended', 'offset_added'] as const)(
    'after "%s" is never seen, and its batch is done again',
    async (step) => {
      const startedAt = performance.now();
      const held = Steps.hold(harness.group, step, 3);
      let handedOver = 0;
      await harness.publish(numbers(500, 0));
      const stage = await harness.start(passingStage({ before: () => void handedOver++ }));
      await held.reached;
      const transactionalId = `${harness.group}.${topicOf(harness.name, 'events')}.0`;
      const other = await TransactionalPublisher.open(harness.kafka, transactionalId);
      held.release();
      await eventually(async () => expect(await harness.keys('validated')).toHaveLength(500));
      await other.close();
      await stage.stop();
      expect(handedOver).toBe(6); // five batches, the third one twice
      settle({ fault: 'fenced producer', title: step, runs: 1, startedAt }, IDS, await harness.keys('validated'));
    },
  );
});
