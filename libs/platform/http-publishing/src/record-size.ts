import type { Admitted } from './admitted.js';

/** Bytes that a record costs beside key, value and headers: batch and record framing of Kafka's format, rounded up. */
const FRAMING_BYTES = 100;
const FRAMING_BYTES_PER_HEADER = 8;
/** A trace context is added after the size was checked. */
const TRACE_BYTES = 100;

/** About the bytes that a record will take, rather too many than too few. */
export function recordSize({ key, value, headers }: Admitted['message']): number {
  let size = (value?.length ?? 0) + (key === null ? 0 : Buffer.byteLength(key)) + FRAMING_BYTES + TRACE_BYTES;
  for (const name in headers) size += name.length + Buffer.byteLength(headers[name]!) + FRAMING_BYTES_PER_HEADER;
  return size;
}
