import { HEADER, topicOf } from '#contracts';
import type { OriginalRecord, OutboundMessage } from '#platform/outcomes';
import type { FetchedMessage } from './kafkajs-internals.js';
import { headersOf } from './record-headers.js';

export interface QuarantineFacts {
  readonly pipeline: string;
  readonly stage: string;
  readonly topic: string;
  readonly partition: number;
  readonly reason: string;
  readonly message: string;
  readonly atMs: number;
  readonly origin?: OriginalRecord | undefined;
}

/** The original key and value untouched; headers say what happened, where it came from and which attempt it was. */
export function quarantineRecord(original: FetchedMessage, facts: QuarantineFacts): OutboundMessage {
  const { topic, partition, offset, timestampMs, headers } = facts.origin ?? {
    topic: facts.topic,
    partition: facts.partition,
    offset: original.offset,
    timestampMs: original.timestamp,
    headers: headersOf(original.headers) as Readonly<Record<string, Buffer>>,
  };
  return {
    topic: topicOf(facts.pipeline, 'quarantine'),
    partition: facts.partition,
    key: original.key,
    value: original.value,
    headers: {
      ...headers,
      [HEADER.quarantineStage]: facts.stage,
      [HEADER.quarantineReason]: facts.reason,
      [HEADER.quarantineMessage]: facts.message,
      [HEADER.quarantineAt]: new Date(facts.atMs).toISOString(),
      [HEADER.quarantineTopic]: topic,
      [HEADER.quarantinePartition]: String(partition),
      [HEADER.quarantineOffset]: String(offset),
      [HEADER.quarantineTimestamp]: String(timestampMs),
      [HEADER.attempt]: headers[HEADER.attempt] ?? '1',
    },
  };
}
