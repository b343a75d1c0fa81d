import type { OutboundMessage } from '#platform/outcomes';
import kafkajs, { type Kafka } from 'kafkajs';
import { setTimeout as delay } from 'node:timers/promises';
import { LeaderSends } from './leader-sends.js';
import { sizeOf } from './outbound-message.js';
import { packSends } from './pack-sends.js';
import { isTooLarge, rootCause } from './root-cause.js';
import { TopicLimits } from './topic-limits.js';

export type PublishFailureCode = 'too_large' | 'overloaded' | 'unreachable';

/**
 * Thrown when messages did not reach the topic for sure. `too_large`: the broker refuses the records that `refused` names;
 * mend them, the others of the call are on the topic. `overloaded`: nothing was sent; come again later. `unreachable`: no
 * answer within the deadline; the outcome is unknown, send again with the same event id (deduplication makes that safe).
 */
export class PublishFailed extends Error {
  override readonly name = 'PublishFailed';

  constructor(
    readonly code: PublishFailureCode,
    message: string,
    options: { readonly cause?: unknown; readonly refused?: ReadonlySet<number> } = {},
  ) {
    super(message, options);
    this.refused = options.refused ?? new Set();
  }

  /** Indexes of the call's messages that are too large; empty with every other code. */
  readonly refused: ReadonlySet<number>;
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

const ROUND_MESSAGES = 512;
/** A send that takes longer may be meant for a topic that was deleted. */
const DOUBT_MS = 2_000;

/** Publishes with acknowledgement of all in-sync replicas, idempotently; callers that come while a send is under way share the next. */
export class Publisher {
  private readonly queue: Pending[] = [];
  private readonly maxPendingBytes: number;
  private readonly deadlineMs: number;
  private readonly limits: TopicLimits;
  private producer: Promise<LeaderSends> | undefined;
  private draining = false;
  private drained: Promise<void> = Promise.resolve();
  private pending = 0;
  private closed = false;

  constructor(
    private readonly kafka: Kafka,
    options: PublisherOptions = {},
  ) {
    this.maxPendingBytes = options.maxPendingBytes ?? 64 << 20;
    this.deadlineMs = options.deadlineMs ?? 30_000;
    this.limits = new TopicLimits(kafka);
  }

  get pendingBytes(): number {
    return this.pending;
  }

  /** Resolves when every message is on its topic. @throws PublishFailed */
  publish(messages: readonly OutboundMessage[]): Promise<void> {
    if (this.closed) return Promise.reject(new PublishFailed('unreachable', 'the publisher is closed'));
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

  /** Waits for what is under way, then disconnects; refuses what comes from now on. */
  async close(): Promise<void> {
    this.closed = true;
    await this.drained;
    const sends = await this.producer?.catch(() => undefined);
    await sends?.producer.disconnect();
  }

  private async drain(): Promise<void> {
    await new Promise(setImmediate); // callers of the same turn share the first send
    while (this.queue.length > 0) {
      const round: Pending[] = [];
      let count = 0;
      while (
        this.queue.length > 0 &&
        (round.length === 0 || count + this.queue[0]!.messages.length <= ROUND_MESSAGES)
      ) {
        const next = this.queue.shift()!;
        round.push(next);
        count += next.messages.length;
      }
      await this.settle(await this.present(round));
    }
    this.draining = false; // in the same turn as the last look at the queue, or a caller in between would wait for ever
  }

  /** Refuses the calls that name a topic that is not there: kafkajs would try for a minute, and all others wait for it. */
  private async present(round: readonly Pending[]): Promise<readonly Pending[]> {
    const topics = topicsOf(round.flatMap(({ messages }) => messages));
    await this.limits.of(topics);
    const missing = this.limits.missing(topics);
    if (missing.size === 0) return round;
    return round.filter(({ messages, reject }) => {
      const topic = messages.find((message) => missing.has(message.topic))?.topic;
      if (topic !== undefined) reject(new PublishFailed('unreachable', `nothing was sent: ${absence(topic)}`));
      return topic === undefined;
    });
  }

  private async settle(round: readonly Pending[]): Promise<void> {
    const messages = round.flatMap((pending) => pending.messages);
    if (messages.length === 0) return round.forEach(({ resolve }) => resolve());
    try {
      const tooLarge = await this.send(messages);
      let first = 0;
      for (const pending of round) {
        const refused = new Set<number>();
        pending.messages.forEach((_, i) => tooLarge.has(first + i) && refused.add(i));
        if (refused.size === 0) pending.resolve();
        else pending.reject(refusal(pending.messages, refused));
        first += pending.messages.length;
      }
    } catch (error) {
      const text = `Kafka did not take the messages: ${rootCause(error).message}`;
      const failure = new PublishFailed('unreachable', text, { cause: error });
      for (const { reject } of round) reject(failure);
    }
  }

  /** Sends all that the topics take; gives back the indexes of records that are too large for theirs. */
  private async send(messages: readonly OutboundMessage[]): Promise<ReadonlySet<number>> {
    const sends = await this.connected();
    const limits = this.limits.standing;
    const refused = new Set<number>();
    try {
      for (const indexes of packSends(messages, limits)) {
        try {
          await this.sendTo(
            sends,
            indexes.map((index) => messages[index]!),
          );
        } catch (error) {
          if (!isTooLarge(error)) throw error;
          this.limits.forget(); // lowered since they were read, perhaps
          // Of several records some may stand on their partitions by now, and kafkajs does not tell which.
          if (indexes.length > 1) throw error;
          refused.add(indexes[0]!);
        }
      }
      return refused;
    } catch (error) {
      // kafkajs takes the sequence number back when a send fails. If the broker had appended the records after all, it
      // would take the next, different ones for a repetition and drop them: this producer must not be used again.
      this.producer = undefined;
      sends.abandon();
      throw error;
    }
  }

  /** kafkajs tries for a minute where a topic was deleted under a producer that knew it; that is noticed sooner here. */
  private async sendTo(sends: LeaderSends, messages: readonly OutboundMessage[]): Promise<void> {
    const sent = new AbortController();
    const noticed = (async () => {
      for (;;) {
        await delay(DOUBT_MS, undefined, { signal: sent.signal });
        this.limits.forget();
        const topics = topicsOf(messages);
        await this.limits.of(topics);
        const [topic] = this.limits.missing(topics);
        if (topic !== undefined) throw new Error(absence(topic));
      }
    })();
    noticed.catch(() => undefined); // aborted, as a rule
    const sending = sends.send((batch) => sends.producer.sendBatch(batch), messages, kafkajs.CompressionTypes.ZSTD);
    sending.catch(() => undefined); // where nobody waits for it any more
    try {
      await Promise.race([sending, noticed]);
    } finally {
      sent.abort();
    }
  }

  private connected(): Promise<LeaderSends> {
    this.producer ??= (async () => {
      const sends = LeaderSends.createProducer(this.kafka, {
        idempotent: true,
        maxInFlightRequests: 1,
        allowAutoTopicCreation: false,
        retry: { initialRetryTime: 20, multiplier: 1.6, maxRetryTime: 2_000, retries: 40 },
      });
      await sends.producer.connect();
      return sends;
    })();
    this.producer.catch(() => (this.producer = undefined)); // the next publish tries to connect anew
    return this.producer;
  }
}

function topicsOf(messages: readonly OutboundMessage[]): ReadonlySet<string> {
  return new Set(messages.map(({ topic }) => topic));
}

function absence(topic: string): string {
  return `the topic ${topic} does not exist; apply its pipeline, or create it`;
}

function refusal(messages: readonly OutboundMessage[], refused: ReadonlySet<number>): PublishFailed {
  const first = messages[[...refused][0]!]!;
  const rest = refused.size > 1 ? ` and ${refused.size - 1} more` : '';
  return new PublishFailed(
    'too_large',
    `a record of ${sizeOf(first)} bytes${rest} is larger than ${first.topic} takes (max.message.bytes)`,
    { refused },
  );
}
