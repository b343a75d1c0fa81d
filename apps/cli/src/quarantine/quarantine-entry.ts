import { HEADER, PROVENANCE_HEADERS } from '#contracts';
import type { LogRecord } from '#platform/kafka';

/** A record of `<p>.quarantine`: the original as it came, and why it was set aside. */
export interface QuarantineEntry {
  /** `<partition>-<offset>` on the quarantine topic: how a person names it. */
  readonly id: string;
  readonly partition: number;
  readonly offset: number;
  readonly stage: string;
  readonly reason: string;
  readonly message: string;
  /** ms since epoch. */
  readonly quarantinedAtMs: number;
  readonly origin: {
    readonly topic: string;
    readonly partition: number;
    readonly offset: number;
    /** Kafka timestamp of the original record, ms since epoch; null when it was not kept. */
    readonly timestampMs: number | null;
  };
  /** 1 for the first time. */
  readonly attempt: number;
  /** The run of `quarantine replay` that put it back before it was refused again; undefined: none did. */
  readonly replayRun: string | undefined;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** All headers, the original's and ours. */
  readonly headers: Readonly<Record<string, Buffer | undefined>>;
}

export function entryIdOf(partition: number, offset: number): string {
  return `${partition}-${offset}`;
}

/** `3-120` → partition 3, offset 120. */
export function parseEntryId(id: string): { readonly partition: number; readonly offset: number } | undefined {
  const match = /^(\d+)-(\d+)$/.exec(id);
  return match ? { partition: Number(match[1]), offset: Number(match[2]) } : undefined;
}

/** Reads a record of the quarantine topic; what its headers do not say is `unknown`. */
export function toQuarantineEntry(partition: number, record: LogRecord): QuarantineEntry {
  const text = (name: string): string | undefined => record.headers[name]?.toString('utf8');
  const number = (name: string): number | undefined => {
    const value = text(name);
    return value !== undefined && value !== '' && Number.isFinite(Number(value)) ? Number(value) : undefined;
  };
  const at = text(HEADER.quarantineAt);
  const atMs = at === undefined ? NaN : Number.isFinite(Number(at)) ? Number(at) : Date.parse(at);
  return {
    id: entryIdOf(partition, record.offset),
    partition,
    offset: record.offset,
    stage: text(HEADER.quarantineStage) ?? 'unknown',
    reason: text(HEADER.quarantineReason) ?? 'unknown',
    message: text(HEADER.quarantineMessage) ?? '',
    quarantinedAtMs: Number.isNaN(atMs) ? record.timestampMs : atMs,
    origin: {
      topic: text(HEADER.quarantineTopic) ?? 'unknown',
      partition: number(HEADER.quarantinePartition) ?? -1,
      offset: number(HEADER.quarantineOffset) ?? -1,
      timestampMs: number(HEADER.quarantineTimestamp) ?? null,
    },
    attempt: number(HEADER.attempt) ?? 1,
    replayRun: text(HEADER.replayRun),
    key: record.key,
    value: record.value,
    headers: record.headers,
  };
}

/** The headers that the original had: everything that quarantining did not add. */
export function originalHeadersOf(entry: QuarantineEntry): Record<string, Buffer> {
  // Without a prototype: a producer may have called a header `__proto__`.
  const headers = Object.create(null) as Record<string, Buffer>;
  for (const [name, value] of Object.entries(entry.headers)) {
    if (value !== undefined && !PROVENANCE_HEADERS.has(name)) headers[name] = value;
  }
  return headers;
}
