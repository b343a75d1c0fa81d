/** A label whose prediction the log does not hold yet. Times in ms. */
export interface WaitingLabel {
  /** When it became known. */
  readonly labelTimeMs: number;
  /** Wall clock: when it was first looked at. */
  readonly sinceMs: number;
  /** How often it was looked for already. */
  readonly attempt: number;
}

/** How long labels wait, ms. */
export interface WaitPatience {
  /** Event time that a label waits for its prediction. */
  readonly withinMs: number;
  /** Wall clock that it waits at least: a log that has caught up in event time may still be written. */
  readonly graceMs: number;
  /** Longest time between two looks. */
  readonly longestDelayMs: number;
}

export type WaitVerdict =
  | { readonly kind: 'wait'; readonly delayMs: number }
  | { readonly kind: 'orphan'; readonly because: 'log_passed' | 'waited' };

/**
 * Whether a label that was not found goes on waiting. It is an orphan when the log has passed the time at which its
 * prediction had to be there, and no earlier than the grace; or when it has waited as long by the wall clock, as labels of a
 * stream that stands still do.
 *
 * @param logClockMs latest event time in the log, as it was before the label was looked for; -Infinity: unknown
 */
export function judgeWait(
  label: WaitingLabel,
  logClockMs: number,
  nowMs: number,
  { withinMs, graceMs, longestDelayMs }: WaitPatience,
): WaitVerdict {
  const waitedMs = nowMs - label.sinceMs;
  if (waitedMs >= graceMs && logClockMs > label.labelTimeMs + withinMs)
    return { kind: 'orphan', because: 'log_passed' };
  if (waitedMs >= withinMs) return { kind: 'orphan', because: 'waited' };
  return { kind: 'wait', delayMs: retryDelayMs(label.attempt, longestDelayMs) };
}

/** 1 s after the first look, then twice as long each time. @param attempt looks so far, from 0 */
export function retryDelayMs(attempt: number, longestMs: number): number {
  return Math.min(longestMs, 1_000 * 2 ** Math.min(attempt, 30));
}
