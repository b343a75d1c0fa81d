import { HEADER, PROVENANCE_HEADERS } from '#contracts';
import type { QuarantinedEvent } from '#platform/clickhouse';
import type { StageRecord } from '#platform/kafka';

/**
 * Reads a record of the quarantine topic. Anybody may write there, so that a header which is missing or malformed is no
 * error: text is then empty, positions are -1, and times are the record's own.
 */
export function quarantinedEventStep(record: StageRecord<Buffer | null>): QuarantinedEvent {
  const text = (name: string): string => record.headers[name]?.toString() ?? '';
  const integer = (name: string, otherwise: number): number => {
    const value = text(name);
    return /^-?\d{1,15}$/.test(value) ? Number(value) : otherwise;
  };
  const quarantinedAtMs = Date.parse(text(HEADER.quarantineAt));
  // Without a prototype: a producer may have called a header `__proto__`.
  const headers = Object.create(null) as Record<string, Buffer>;
  for (const [name, value] of Object.entries(record.headers)) {
    if (value !== undefined && name !== HEADER.attempt && !PROVENANCE_HEADERS.has(name)) headers[name] = value;
  }
  return {
    eventId: text(HEADER.ceId),
    stage: text(HEADER.quarantineStage),
    reason: text(HEADER.quarantineReason),
    message: text(HEADER.quarantineMessage),
    topic: text(HEADER.quarantineTopic),
    partition: integer(HEADER.quarantinePartition, -1),
    offset: integer(HEADER.quarantineOffset, -1),
    timestampMs: integer(HEADER.quarantineTimestamp, record.timestampMs),
    key: record.key,
    value: record.value,
    headers,
    attempt: integer(HEADER.attempt, 1),
    quarantinedAtMs: Number.isNaN(quarantinedAtMs) ? record.timestampMs : quarantinedAtMs,
    quarantinePartition: record.partition,
    quarantineOffset: record.offset,
    traceId: record.traceId,
  };
}
