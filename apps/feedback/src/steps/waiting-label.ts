import { HEADER, LABEL_WAIT_HEADERS, topicOf } from '#contracts';
import type { StageRecord } from '#platform/kafka';
import type { OriginalRecord } from '#platform/outcomes';

/** Where a label lay at first, and how long it has been looked for. */
export interface Waiting {
  readonly origin: OriginalRecord;
  /** Wall clock at which it was first looked at, ms since epoch. */
  readonly sinceMs: number;
  /** Looks so far. */
  readonly attempt: number;
  /** Not to be looked for again before, ms since epoch. */
  readonly notBeforeMs: number;
}

/** A label on `<p>.labels`. Headers that say that it waits are not ours there: whoever sent it may have written anything. */
export function arrivedLabel({ topic, partition, offset, timestampMs, headers }: StageRecord, nowMs: number): Waiting {
  const origin = { topic, partition, offset, timestampMs, headers: withoutWait(headers) };
  return { origin, sinceMs: nowMs, attempt: 0, notBeforeMs: nowMs };
}

/** A label on `<p>.label-retries`. What its headers do not say is taken from the record itself. */
export function waitingLabel(record: StageRecord, pipeline: string): Waiting {
  const integer = (name: string, otherwise: number): number => {
    const text = record.headers[name]?.toString() ?? '';
    return /^\d{1,15}$/.test(text) ? Number(text) : otherwise;
  };
  return {
    origin: {
      topic: topicOf(pipeline, 'labels'),
      partition: integer(HEADER.labelPartition, record.partition),
      offset: integer(HEADER.labelOffset, 0),
      timestampMs: integer(HEADER.labelTimestamp, record.timestampMs),
      headers: withoutWait(record.headers),
    },
    sinceMs: integer(HEADER.labelSince, record.timestampMs),
    attempt: integer(HEADER.labelAttempt, 1),
    notBeforeMs: integer(HEADER.labelNotBefore, record.timestampMs),
  };
}

/** @param traceparent is written by the transport */
export function waitHeaders({
  origin,
  sinceMs,
  attempt,
  notBeforeMs,
}: Waiting): Readonly<Record<string, Buffer | string>> {
  return {
    ...origin.headers,
    [HEADER.labelAttempt]: String(attempt),
    [HEADER.labelNotBefore]: String(notBeforeMs),
    [HEADER.labelSince]: String(sinceMs),
    [HEADER.labelPartition]: String(origin.partition),
    [HEADER.labelOffset]: String(origin.offset),
    [HEADER.labelTimestamp]: String(origin.timestampMs),
  };
}

function withoutWait(headers: StageRecord['headers']): Readonly<Record<string, Buffer>> {
  // Without a prototype: a producer may have called a header `__proto__`.
  const kept = Object.create(null) as Record<string, Buffer>;
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !LABEL_WAIT_HEADERS.has(name)) kept[name] = value;
  }
  return kept;
}
