import { eventually } from '#platform/testing';
import { setTimeout as delay } from 'node:timers/promises';
import { numbers, StreamHarness } from '../stream-harness.js';
import { passingStage } from './stages.js';

const HOUR_MS = 3_600_000;

describe('a handler that waits for something far ahead', () => {
  const harnesses: StreamHarness[] = [];
  afterEach(() => Promise.all(harnesses.splice(0).map((harness) => harness.close())));

  it('is told when its partition goes to another member and when the service stops; nothing is lost or done twice', async () => {
    const harness = await StreamHarness.create(2);
    harnesses.push(harness);
    let waiting = 0;
    let told = 0;
    const patient = passingStage({
      before: async (_records, { signal }) => {
        waiting++;
        await delay(HOUR_MS, undefined, { signal }).catch((error: unknown) => {
          told++;
          throw error;
        });
      },
    });
    const first = await harness.start(patient, { sessionTimeoutMs: 6_000 });
    const events = numbers(100);
    await harness.publish(events);
    await eventually(() => expect(waiting).toBe(2));

    const second = await harness.start(passingStage(), { sessionTimeoutMs: 6_000 });
    // One of the two partitions is the second's now; the first waits for the other anew.
    await eventually(async () => expect(await harness.keys('validated')).toHaveLength(50));
    expect(told).toBe(2);
    await eventually(() => expect(waiting).toBe(3));

    await first.stop();
    expect(told).toBe(3);
    await eventually(async () => expect(await harness.keys('validated')).toHaveLength(100));
    expect(await harness.keys('validated')).toEqual(events.map(({ id }) => id));
    expect([...first.fatal, ...second.fatal]).toEqual([]);
  });
});
