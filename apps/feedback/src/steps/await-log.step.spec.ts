import { createAwaitLogStep } from './await-log.step.js';

const PATIENCE = { longestMs: 400, standingMs: 60, everyMs: 5 };

/** A log whose clock shows these times one after the other, then the last. */
function logThatShows(...timesMs: readonly number[]) {
  const log = { asked: 0, clockMs: () => Promise.resolve(timesMs[Math.min(log.asked++, timesMs.length - 1)]!) };
  return log;
}

const never = new AbortController().signal;

describe('awaitLogStep', () => {
  it('asks once where the log has passed the time', async () => {
    const log = logThatShows(10);
    await createAwaitLogStep(log, PATIENCE)(10, never);
    expect(log.asked).toBe(1);
  });

  it('waits for a log that comes nearer', async () => {
    const log = logThatShows(1, 2, 2, 3, 9, 10, 11);
    await createAwaitLogStep(log, PATIENCE)(10, never);
    expect(log.asked).toBe(6);
  });

  it('does not wait for a log that stands still, or is empty, or goes back', async () => {
    for (const log of [logThatShows(5), logThatShows(-Infinity), logThatShows(5, 4, 3)]) {
      await createAwaitLogStep(log, PATIENCE)(10, never);
      expect(log.asked).toBeGreaterThan(1);
    }
  });

  it('ends some time even where the log keeps coming nearer', async () => {
    const log = { now: 0, clockMs: () => Promise.resolve(log.now++) };
    await createAwaitLogStep(log, PATIENCE)(1e9, never);
    expect(log.now).toBeGreaterThan(1);
  });

  it('ends when the partition is given up', async () => {
    const log = { now: 0, clockMs: () => Promise.resolve(log.now++) };
    await expect(createAwaitLogStep(log, PATIENCE)(1e9, AbortSignal.timeout(20))).rejects.toMatchObject({
      name: 'AbortError',
    });
  });
});
