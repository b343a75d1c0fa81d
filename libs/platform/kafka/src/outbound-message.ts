import type { OutboundMessage } from '#platform/outcomes';
import type { Message, TopicMessages } from 'kafkajs';

/** Messages as kafkajs takes them, in their order within each topic. */
export function byTopic(messages: readonly OutboundMessage[]): TopicMessages[] {
  const topics = new Map<string, Message[]>();
  for (const { topic, key, value, headers, partition, timestampMs } of messages) {
    let list = topics.get(topic);
    if (list === undefined) topics.set(topic, (list = []));
    list.push({
      key,
      value,
      ...(headers && { headers: headers as Message['headers'] & {} }),
      ...(partition !== undefined && { partition }),
      ...(timestampMs !== undefined && { timestamp: String(timestampMs) }),
    });
  }
  return [...topics].map(([topic, list]) => ({ topic, messages: list }));
}

/** About the bytes that a record takes in its batch before compression; rather too many than too few. */
export function sizeOf({ key, value, headers }: OutboundMessage): number {
  let size = 24 + (key === null ? 0 : key.length) + (value?.length ?? 0);
  for (const name in headers) size += name.length + headers[name]!.length + 4;
  return size;
}
