import type { QuarantineEntry } from './quarantine-entry.js';

/** What is told of a quarantined record without its bytes: small, so that many can be kept. */
export interface EntryFacts {
  readonly id: string;
  /** ISO 8601. */
  readonly at: string;
  readonly stage: string;
  readonly reason: string;
  readonly message: string;
  readonly attempt: number;
  readonly origin: QuarantineEntry['origin'];
  readonly key: string | null;
  readonly sizeBytes: number;
  readonly replayed: boolean;
}

/** Texts are copies: a slice of what was fetched would keep megabytes alive. */
export function factsOf(entry: QuarantineEntry, replayed: boolean): EntryFacts {
  const { id, quarantinedAtMs, stage, reason, message, attempt, origin, key, value } = entry;
  return {
    id,
    at: new Date(quarantinedAtMs).toISOString(),
    stage,
    reason,
    message,
    attempt,
    origin,
    key: key?.toString('utf8') ?? null,
    sizeBytes: value?.byteLength ?? 0,
    replayed,
  };
}
