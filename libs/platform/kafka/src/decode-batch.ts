import { quarantine, type Quarantined } from '#platform/outcomes';
import type { FetchedMessage } from './kafkajs-internals.js';
import { headersOf } from './record-headers.js';
import type { StageRecord, ValueDecoder } from './stage.js';
import type { BatchTrace } from './stage-tracing.js';

export interface DecodedBatch {
  /** Records that could be read, in order. */
  readonly records: readonly StageRecord[];
  /** Index in the batch of each of `records`. */
  readonly indexes: readonly number[];
  /** What becomes of the others, by index in the batch. */
  readonly poison: ReadonlyMap<number, Quarantined>;
}

const EMPTY = Buffer.alloc(0);

/**
 * @param decoder null: values are handed over as they came
 * @param tooLarge offsets to be quarantined unseen, with the reason
 * @throws Retriable when the schema registry is away
 */
export async function decodeBatch(
  topic: string,
  partition: number,
  messages: readonly FetchedMessage[],
  decoder: ValueDecoder | null,
  trace: BatchTrace,
  tooLarge?: ReadonlyMap<number, string>,
): Promise<DecodedBatch> {
  await decoder?.prefetch(messages.map(({ value }) => value));
  const records: StageRecord[] = [];
  const indexes: number[] = [];
  const poison = new Map<number, Quarantined>();
  for (let index = 0; index < messages.length; index++) {
    const message = messages[index]!;
    const refusal = tooLarge?.get(Number(message.offset));
    if (refusal !== undefined) {
      poison.set(index, quarantine('too_large', refusal));
      continue;
    }
    const decoded = decoder === null ? null : decoder.decode(message.value);
    if (decoded !== null && !decoded.ok) {
      poison.set(index, quarantine(decoded.reason, decoded.message));
      continue;
    }
    indexes.push(index);
    records.push({
      topic,
      partition,
      offset: Number(message.offset),
      timestampMs: Number(message.timestamp),
      key: message.key,
      value: decoded === null ? (message.value as unknown as Record<string, unknown>) : decoded.value,
      raw: message.value ?? EMPTY,
      schemaId: decoded === null ? -1 : decoded.schemaId,
      headers: headersOf(message.headers),
      traceId: trace.traceId(index),
      spanContext: trace.spanContext(index),
    });
  }
  return { records, indexes, poison };
}
