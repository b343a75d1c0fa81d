import type { QuarantineEntry } from './quarantine-entry.js';

/** Which quarantined records; all that is named must fit. */
export interface QuarantineFilter {
  readonly reason?: string;
  readonly stage?: string;
  /** The record's key as text. */
  readonly key?: string;
  /** ms since epoch, inclusive. */
  readonly sinceMs?: number;
  /** ms since epoch, exclusive. */
  readonly untilMs?: number;
  /** Refused again after this run of `quarantine replay` had put it back. */
  readonly run?: string;
}

export function matches(entry: QuarantineEntry, filter: QuarantineFilter): boolean {
  return (
    (filter.reason === undefined || entry.reason === filter.reason) &&
    (filter.stage === undefined || entry.stage === filter.stage) &&
    (filter.sinceMs === undefined || entry.quarantinedAtMs >= filter.sinceMs) &&
    (filter.untilMs === undefined || entry.quarantinedAtMs < filter.untilMs) &&
    (filter.run === undefined || entry.replayRun === filter.run) &&
    (filter.key === undefined || entry.key?.toString('utf8') === filter.key)
  );
}
