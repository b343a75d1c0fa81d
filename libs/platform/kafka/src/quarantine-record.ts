import { HEADER, topicOf } from '#contracts';
import type { OutboundMessage } from '#platform/outcomes';
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
}

/** The original key and value untouched; headers say what happened, where it came from and which attempt it was. */
export function quarantineRecord(original: FetchedMessage, facts: QuarantineFacts): OutboundMessage {
  const kept = headersOf(original.headers) as Readonly<Record<string, Buffer>>;
  return {
    topic: topicOf(facts.pipeline, 'quarantine'),
    partition: facts.partition,
    key: original.key,
    value: original.value,
    headers: {
      ...kept,
      [HEADER.quarantineStage]: facts.stage,
      [HEADER.quarantineReason]: facts.reason,
      [HEADER.quarantineMessage]: facts.message,
      [HEADER.quarantineAt]: new Date(facts.atMs).toISOString(),
      [HEADER.quarantineTopic]: facts.topic,
      [HEADER.quarantinePartition]: String(facts.partition),
      [HEADER.quarantineOffset]: original.offset,
      [HEADER.quarantineTimestamp]: original.timestamp,
      [HEADER.attempt]: kept[HEADER.attempt] ?? '1',
    },
  };
}
