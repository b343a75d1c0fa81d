/**
 * How long to wait before more events may go, in ms, so that `sent` events after `elapsedMs` are no more than
 * `ratePerSecond` allows. 0: at once. Counted from the start, so that a slow moment is caught up and the mean holds.
 */
export function waitBeforeNextMs(sent: number, elapsedMs: number, ratePerSecond: number | undefined): number {
  if (ratePerSecond === undefined) return 0;
  return Math.max(0, (sent / ratePerSecond) * 1_000 - elapsedMs);
}

/** Events per batch: as many as 50 ms bring at the rate, so that a slow rate flows evenly; at most `most`. */
export function batchSizeFor(ratePerSecond: number | undefined, most: number): number {
  return ratePerSecond === undefined ? most : Math.max(1, Math.min(most, Math.floor(ratePerSecond / 20)));
}
