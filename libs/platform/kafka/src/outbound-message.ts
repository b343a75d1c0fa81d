import type { OutboundMessage } from '#platform/outcomes';
import type { Message, TopicMessages } from 'kafkajs';

/** Messages as kafkajs takes them, in their order within each topic. */
export function byTopic(messages: readonly OutboundMessage[]): TopicMessages[] {
  const topics = new Map<string, Message[]>();
  for (const { topic, key, value, headers, partition, timestampMs } of messages) {
    const timestamp = timestampMs === undefined ? undefined : String(timestampMs);
    // One shape for every message: kafkajs reads an undefined field as an absent one.
    const message = { key, value, headers, partition, timestamp } as Message;
    const list = topics.get(topic);
    if (list === undefined) topics.set(topic, [message]);
    else list.push(message);
  }
  return [...topics].map(([topic, list]) => ({ topic, messages: list }));
}

/** About the bytes that a record takes in its batch before compression; rather too many than too few. */
export function sizeOf({ key, value, headers }: OutboundMessage): number {
  let size = 24 + (key === null ? 0 : key.length) + (value?.length ?? 0);
  for (const name in headers) size += name.length + headers[name]!.length + 4;
  return size;
}
