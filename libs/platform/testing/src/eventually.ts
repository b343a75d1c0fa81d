import { setTimeout as sleep } from 'node:timers/promises';

/**
 * How long something may take that is sure to come. It ends what hangs and asserts nothing: a busy machine is slow, not wrong.
 * Well under the limit of a test (`jest.config.mjs`), so that what is missing is said.
 */
export const PATIENCE_MS = 240_000;
/** What comes at once is seen at once, and what takes long is not asked for all the time: asking costs the cores that it needs. */
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 250;
const GROWTH = 1.5;

/**
 * Repeats `check` until it neither throws nor returns `false`, and gives back what it returned: every `everyMs`; where that is
 * left out, after pauses that grow.
 * @throws the last error of `check`, with the time waited, once `timeoutMs` have passed.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { timeoutMs = PATIENCE_MS, everyMs }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<Exclude<T, false>> {
  const deadline = performance.now() + timeoutMs;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * GROWTH, LONGEST_PAUSE_MS)) {
    try {
      const value = await check();
      if (value !== false) return value as Exclude<T, false>;
      if (performance.now() > deadline) throw new Error('the check still answers false');
    } catch (error) {
      if (performance.now() > deadline) {
        if (error instanceof Error) error.message = `After ${timeoutMs} ms: ${error.message}`;
        throw error;
      }
    }
    await sleep(everyMs ?? pauseMs);
  }
}
