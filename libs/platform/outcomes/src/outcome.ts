import type { QuarantineReason } from '#contracts';

/** A message that a stage wants on a topic. Values are already encoded. */
export interface OutboundMessage {
  readonly topic: string;
  /** Null only with an explicit partition: kafkajs re-partitions keyless messages on retry, which would defeat idempotence. */
  readonly key: Buffer | string | null;
  readonly value: Buffer | null;
  readonly headers?: Readonly<Record<string, Buffer | string>> | undefined;
  /** Explicit partition; left out: by key. */
  readonly partition?: number | undefined;
  /** Kafka timestamp, ms since epoch. Left out: a stage's outputs inherit their input's, everything else gets the present. */
  readonly timestampMs?: number | undefined;
  /** W3C trace context that a stage's output continues. Left out: its input's. */
  readonly traceparent?: string | undefined;
}

/** A record where it lay before it was passed on. */
export interface OriginalRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Kafka timestamp, ms since epoch. */
  readonly timestampMs: number;
  readonly headers: Readonly<Record<string, Buffer>>;
}

export interface Quarantined {
  readonly kind: 'quarantine';
  readonly reason: QuarantineReason;
  /** One sentence for a person: what, where, how to mend it. */
  readonly message: string;
  /** What is quarantined, and replayed, where it is not the record itself: the one that it was made from, same key and value. */
  readonly origin?: OriginalRecord;
}

/** What a stage decided about one record. A bad message is an outcome, never an exception. */
export type Outcome =
  | { readonly kind: 'emit'; readonly messages: readonly OutboundMessage[] }
  | Quarantined
  /** `reason` is counted, transactionally with the offset, under this name (e.g. `duplicate`). */
  | { readonly kind: 'drop'; readonly reason: string };

export function emit(...messages: readonly OutboundMessage[]): Outcome {
  return { kind: 'emit', messages };
}

/**
 * @param message one sentence for a person: what, where, how to mend it
 * @param origin left out: the record itself
 */
export function quarantine(reason: QuarantineReason, message: string, origin?: OriginalRecord): Quarantined {
  return { kind: 'quarantine', reason, message, ...(origin === undefined ? {} : { origin }) };
}

export function drop(reason: string): Outcome {
  return { kind: 'drop', reason };
}
