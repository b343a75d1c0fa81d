import type { OutboundMessage } from '#platform/outcomes';
import kafkajs, { type Kafka, type Message, type Producer, type TopicMessages } from 'kafkajs';
import { splitByBytes } from './split-by-bytes.js';

export type PublishFailureCode = 'too_large' | 'overloaded' | 'unreachable';

/**
 * Thrown when messages did not reach the topic for sure. `too_large`: the broker refuses the record; mend it.
 * `overloaded`: nothing was sent; come again later. `unreachable`: no answer within the deadline; the outcome is unknown,
 * send again with the same event id (deduplication makes that safe).
 */
export class PublishFailed extends Error {
  override readonly name = 'PublishFailed';

  constructor(
    readonly code: PublishFailureCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

export interface PublisherOptions {
  /** Bytes accepted but not yet acknowledged; more is refused as `overloaded`. Default 64 MiB. */
  readonly maxPendingBytes?: number;
  /** How long a caller waits for the acknowledgement. Default 30 s. */
  readonly deadlineMs?: number;
}

interface Pending {
  readonly messages: readonly OutboundMessage[];
  readonly bytes: number;
  resolve(): void;
  reject(error: unknown): void;
}

// kafkajs sends one record batch per partition and request; 1 MiB is the broker's default limit for one.
const SEND_BYTES = 900 << 10;
const SEND_MESSAGES = 512;

/** Publishes with acknowledgement of all in-sync replicas, idempotently; callers that come while a send is under way share the next. */
export class Publisher {
  private readonly queue: Pending[] = [];
  private readonly maxPendingBytes: number;
  private readonly deadlineMs: number;
  private producer: Promise<Producer> | undefined;
  private draining = false;
  private drained: Promise<void> = Promise.resolve();
  private pending = 0;

  constructor(
    private readonly kafka: Kafka,
    options: PublisherOptions = {},
  ) {
    this.maxPendingBytes = options.maxPendingBytes ?? 64 << 20;
    this.deadlineMs = options.deadlineMs ?? 30_000;
  }

  get pendingBytes(): number {
    return this.pending;
  }

  /** Resolves when every message is on its topic. @throws PublishFailed */
  publish(messages: readonly OutboundMessage[]): Promise<void> {
    const bytes = messages.reduce((sum, message) => sum + sizeOf(message), 0);
    if (this.pending > 0 && this.pending + bytes > this.maxPendingBytes) {
      return Promise.reject(
        new PublishFailed('overloaded', `${this.pending} bytes wait for Kafka, the limit is ${this.maxPendingBytes}`),
      );
    }
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => {
        reject(new PublishFailed('unreachable', `Kafka did not acknowledge within ${this.deadlineMs} ms`));
      }, this.deadlineMs);
      this.pending += bytes;
      const settle = (finish: () => void): void => {
        clearTimeout(deadline);
        this.pending -= bytes;
        finish();
      };
      this.queue.push({
        messages,
        bytes,
        resolve: () => settle(resolve),
        reject: (error) => settle(() => reject(error as Error)),
      });
      if (!this.draining) {
        this.draining = true;
        this.drained = this.drain();
      }
    });
  }

  /** Waits for what is under way, then disconnects. */
  async close(): Promise<void> {
    await this.drained;
    const producer = await this.producer?.catch(() => undefined);
    await producer?.disconnect();
  }

  private async drain(): Promise<void> {
    await new Promise(setImmediate); // callers of the same turn share the first send
    while (this.queue.length > 0) {
      const round: Pending[] = [];
      let count = 0;
      while (this.queue.length > 0 && (round.length === 0 || count + this.queue[0]!.messages.length <= SEND_MESSAGES)) {
        const next = this.queue.shift()!;
        round.push(next);
        count += next.messages.length;
      }
      const messages = round.flatMap((pending) => pending.messages);
      try {
        const refused = await this.send(messages);
        let first = 0;
        for (const pending of round) {
          const end = first + pending.messages.length;
          const own = refused.filter((index) => index >= first && index < end).map((index) => messages[index]!);
          if (own.length === 0) pending.resolve();
          else pending.reject(tooLarge(own));
          first = end;
        }
      } catch (error) {
        const failure = new PublishFailed(
          'unreachable',
          `Kafka did not take the messages: ${rootCause(error).message}`,
          { cause: error },
        );
        for (const { reject } of round) reject(failure);
      }
    }
    this.draining = false; // in the same turn as the last look at the queue, or a caller in between would wait for ever
  }

  /** Sends all that the topics take; gives back the indexes of records that are too large for theirs. */
  private async send(messages: readonly OutboundMessage[]): Promise<readonly number[]> {
    const producer = await this.connected();
    const refused: number[] = [];
    const indexed = messages.map((message, index) => ({ message, index }));
    const queue = [...splitByBytes(indexed, ({ message }) => sizeOf(message), SEND_BYTES, SEND_MESSAGES)];
    try {
      for (let part = queue.shift(); part !== undefined; part = queue.shift()) {
        try {
          await producer.sendBatch({
            acks: -1,
            compression: kafkajs.CompressionTypes.ZSTD,
            topicMessages: byTopic(part.map(({ message }) => message)),
          });
        } catch (error) {
          if (!isTooLarge(error)) throw error;
          // The limit holds for a whole record batch: halves are tried until the record at fault stands alone.
          const half = Math.ceil(part.length / 2);
          if (part.length === 1) refused.push(part[0]!.index);
          else queue.unshift(part.slice(0, half), part.slice(half));
        }
      }
      return refused;
    } catch (error) {
      // kafkajs takes the sequence number back when a send fails. If the broker had appended the records after all, it
      // would take the next, different ones for a repetition and drop them: this producer must not be used again.
      this.producer = undefined;
      void producer.disconnect().catch(() => undefined);
      throw error;
    }
  }

  private connected(): Promise<Producer> {
    this.producer ??= (async () => {
      const producer = this.kafka.producer({
        idempotent: true,
        maxInFlightRequests: 1,
        allowAutoTopicCreation: false,
        createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
        retry: { initialRetryTime: 20, multiplier: 1.6, maxRetryTime: 2_000, retries: 40 },
      });
      await producer.connect();
      return producer;
    })();
    this.producer.catch(() => (this.producer = undefined)); // the next publish tries to connect anew
    return this.producer;
  }
}

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

export function sizeOf({ key, value, headers }: OutboundMessage): number {
  let size = 24 + (key === null ? 0 : key.length) + (value?.length ?? 0);
  for (const name in headers) size += name.length + headers[name]!.length + 4;
  return size;
}

function isTooLarge(error: unknown): boolean {
  const { type } = rootCause(error);
  return type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE';
}

function tooLarge(messages: readonly OutboundMessage[]): PublishFailed {
  const [first] = messages;
  const rest = messages.length > 1 ? ` and ${messages.length - 1} more` : '';
  return new PublishFailed(
    'too_large',
    `a record of ${sizeOf(first!)} bytes${rest} is larger than ${first!.topic} takes (max.message.bytes)`,
  );
}

/** kafkajs wraps what happened in KafkaJSNumberOfRetriesExceeded and KafkaJSNonRetriableError. */
export function rootCause(error: unknown): { readonly type: string | undefined; readonly message: string } {
  let current = error as { type?: string; message?: string; cause?: unknown };
  while (current.type === undefined && current.cause instanceof Error) current = current.cause as typeof current;
  return { type: current.type, message: current.message ?? String(error) };
}
