import { setTimeout as sleep } from 'node:timers/promises';

/**
 * How long something may take that is sure to come. It ends what hangs and asserts nothing: a busy machine is slow, not wrong.
 * Well under the limit of a test (`jest.config.mjs`), so that what is missing is said.
 */
const PATIENCE_MS = 240_000;

/**
 * Repeats `check` until it neither throws nor returns `false`, and gives back what it returned.
 * @throws the last error of `check`, with the time waited, once `timeoutMs` have passed.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { timeoutMs = PATIENCE_MS, everyMs = 50 }: { timeoutMs?: number; everyMs?: number } = {},
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      const value = await check();
      if (value !== false) return value;
      if (performance.now() > deadline) throw new Error('the check still answers false');
    } catch (error) {
      if (performance.now() > deadline) {
        if (error instanceof Error) error.message = `After ${timeoutMs} ms: ${error.message}`;
        throw error;
      }
    }
    await sleep(everyMs);
  }
}
