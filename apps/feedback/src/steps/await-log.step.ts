import { setTimeout as delay } from 'node:timers/promises';
import type { ServedPredictions } from '../ports.js';

/** How long a log that comes nearer is waited for, how long one that stands still, and how often it is asked. Wall clock, ms. */
export const LOG_PATIENCE = { longestMs: 30_000, standingMs: 2_000, everyMs: 250 } as const;

/**
 * Makes the step that lets the log come up to a time. Labels overtake their predictions by what scoring and logging take; were
 * they put aside at once, those behind them, which find theirs, would make it seem that nothing is missing before.
 */
export function createAwaitLogStep(
  predictions: Pick<ServedPredictions, 'clockMs'>,
  patience: Readonly<Record<keyof typeof LOG_PATIENCE, number>> = LOG_PATIENCE,
) {
  /**
   * Resolves when the log has passed `timeMs`, or does not come nearer.
   *
   * @throws Retriable while the log cannot be read; AbortError when the partition is given up
   */
  return async function awaitLogStep(timeMs: number, signal: AbortSignal): Promise<void> {
    const started = performance.now();
    let reachedMs = await predictions.clockMs();
    let movedAt = started;
    while (reachedMs < timeMs) {
      const now = performance.now();
      if (now - started >= patience.longestMs || now - movedAt >= patience.standingMs) return;
      await delay(patience.everyMs, undefined, { signal });
      const clockMs = await predictions.clockMs();
      if (clockMs > reachedMs) movedAt = performance.now();
      reachedMs = Math.max(reachedMs, clockMs);
    }
  };
}
