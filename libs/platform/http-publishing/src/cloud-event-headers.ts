import { HEADER } from '#contracts';
import type { CloudAttributes } from './candidate.js';

/** What stands in the headers where the sender said nothing of it. */
export interface CloudDefaults {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  /** Ms since epoch; null: without a time. */
  readonly timeMs: number | null;
}

/** Headers of a CloudEvent in Kafka's binary mode. */
export function cloudEventHeaders(
  attributes: CloudAttributes | null,
  { id, type, source, timeMs }: CloudDefaults,
): Record<string, string> {
  const headers: Record<string, string> = {
    [HEADER.ceSpecVersion]: '1.0',
    [HEADER.ceId]: attributes?.id ?? id,
    [HEADER.ceType]: attributes?.type ?? type,
    [HEADER.ceSource]: attributes?.source ?? source,
  };
  const time = attributes?.time ?? (timeMs === null ? undefined : isoOf(timeMs));
  if (time !== undefined) headers[HEADER.ceTime] = time;
  for (const [name, value] of Object.entries(attributes?.extensions ?? {})) headers[`ce_${name}`] = value;
  return headers;
}

/** Undefined beyond the years that ISO 8601 can write. */
function isoOf(timeMs: number): string | undefined {
  return Math.abs(timeMs) <= 8.64e15 ? new Date(timeMs).toISOString() : undefined;
}
