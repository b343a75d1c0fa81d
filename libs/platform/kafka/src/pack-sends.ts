import type { OutboundMessage } from '#platform/outcomes';
import { sizeOf } from './outbound-message.js';

// kafkajs' grouping by partition is quadratic in the number of messages.
const SEND_MESSAGES = 512;
const SEND_BYTES = 900 << 10;
// Room for the batch's own header and for what sizeOf cannot know.
const FILL = 0.88;

/**
 * Cuts messages into sends, in order: lists of indexes. kafkajs makes one record batch per partition of a send, and a
 * topic's limit holds for the whole batch; so the messages of one topic in one send stay below it together, and a message
 * that exceeds it (compressed it may still fit) is sent alone, where a refusal concerns nothing else.
 *
 * @param limits largest record batch of each topic, bytes
 */
export function packSends(
  messages: readonly OutboundMessage[],
  limits: ReadonlyMap<string, number>,
  maxMessages = SEND_MESSAGES,
): readonly (readonly number[])[] {
  const sends: number[][] = [];
  let send: number[] = [];
  let bytes = 0;
  const bytesOf = new Map<string, number>();
  const close = (): void => {
    if (send.length > 0) sends.push(send);
    send = [];
    bytes = 0;
    bytesOf.clear();
  };
  messages.forEach((message, index) => {
    const { topic } = message;
    const size = sizeOf(message);
    const limit = Math.min(SEND_BYTES, (limits.get(topic) ?? Infinity) * FILL);
    const ofTopic = (bytesOf.get(topic) ?? 0) + size;
    if (ofTopic > limit || bytes + size > SEND_BYTES || send.length >= maxMessages) close();
    send.push(index);
    bytes += size;
    bytesOf.set(topic, (bytesOf.get(topic) ?? 0) + size);
    if (size > limit) close();
  });
  close();
  return sends;
}
