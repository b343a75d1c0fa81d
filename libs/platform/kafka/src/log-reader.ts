import type { Kafka } from 'kafkajs';
import { setTimeout as delay } from 'node:timers/promises';
import { createCluster, fetchOnce, type Cluster, type FetchedMessage } from './kafkajs-internals.js';
import { headersOf } from './record-headers.js';
import type { LogRecord } from './stage.js';

/** How long the broker may keep a fetch that would bring nothing. */
const FOLLOW_WAIT_MS = 500;
/** What a broker says that does not lead the partition any more, or not yet. */
const LEADER_MOVED: ReadonlySet<string> = new Set(['NOT_LEADER_FOR_PARTITION', 'LEADER_NOT_AVAILABLE']);
/** Three seconds in all: an election takes less. */
const MOVES = { firstWaitMs: 25, attempts: 8 } as const;

/** Reads topics without a consumer group: nothing is committed, nothing rebalances. */
export class LogReader {
  /** Pending or open; shared by concurrent reads, so that none opens a second one that nobody closes. */
  private opened: Promise<Cluster> | undefined;

  constructor(private readonly kafka: Kafka) {}

  /** First and last-stable-plus-one offset of each partition. Throws when the topic does not exist. */
  async ends(
    topic: string,
  ): Promise<readonly { readonly partition: number; readonly low: number; readonly high: number }[]> {
    const [low, high] = await this.askLeaders(topic, (cluster, partitions) =>
      Promise.all([
        cluster.fetchTopicsOffset([{ topic, partitions, fromBeginning: true }]),
        cluster.fetchTopicsOffset([{ topic, partitions, fromBeginning: false }]),
      ]),
    );
    const lows = new Map(low[0]?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
    return (high[0]?.partitions ?? [])
      .map(({ partition, offset }) => ({ partition, low: lows.get(partition) ?? 0, high: Number(offset) }))
      .sort((a, b) => a.partition - b.partition);
  }

  /**
   * By partition, the offset of the first record, or commit marker, whose Kafka timestamp is `timestampMs` or later; null
   * where all that the partition holds is older. Throws when the topic does not exist.
   */
  async offsetsAt(topic: string, timestampMs: number): Promise<ReadonlyMap<number, number | null>> {
    const [found] = await this.askLeaders(topic, (cluster, partitions) =>
      cluster.fetchTopicsOffset([{ topic, partitions, fromTimestamp: timestampMs }]),
    );
    return new Map(
      found!.partitions.map(({ partition, offset }) => [partition, Number(offset) < 0 ? null : Number(offset)]),
    );
  }

  /** Committed records of one partition in order, from `fromOffset` up to `toOffset` (exclusive; default: the end at the time of the call). */
  async *read(
    topic: string,
    partition: number,
    fromOffset: number,
    toOffset?: number,
  ): AsyncGenerator<readonly LogRecord[]> {
    const bounds = (await this.ends(topic)).find((end) => end.partition === partition);
    if (bounds === undefined) throw new Error(`topic ${topic} has no partition ${partition}`);
    const end = Math.min(toOffset ?? bounds.high, bounds.high);
    let offset = Math.max(fromOffset, bounds.low);
    while (offset < end) {
      const { messages, nextOffset } = await fetchOnce(await this.ready(topic), topic, partition, offset, 500);
      const records = messages.map(toLogRecord).filter((record) => record.offset < end);
      if (records.length > 0) yield records;
      offset = nextOffset;
    }
  }

  /**
   * Follows one partition for ever: yields records as they come, and an empty chunk whenever the end is reached.
   * Waits out an unreachable broker; ends at once when `signal` aborts.
   */
  async *follow(
    topic: string,
    partition: number,
    fromOffset: number,
    signal: AbortSignal,
  ): AsyncGenerator<readonly LogRecord[]> {
    let offset = fromOffset;
    // Nobody is made to wait for records that are still to come before what is there has been handed over.
    let waitMs = 0;
    while (!signal.aborted) {
      try {
        const cluster = await this.ready(topic);
        if (signal.aborted) break;
        const fetched = await unlessAborted(fetchOnce(cluster, topic, partition, offset, waitMs), signal);
        if (fetched === undefined) break;
        const { messages, nextOffset, stableEnd } = fetched;
        waitMs = nextOffset > offset && nextOffset < stableEnd ? 0 : FOLLOW_WAIT_MS;
        offset = nextOffset;
        if (messages.length > 0) yield messages.map(toLogRecord);
        if (offset >= stableEnd) yield [];
      } catch (error) {
        if (signal.aborted) break;
        await this.reset();
        await delay(500, undefined, { signal }).catch(() => undefined);
        void error; // the broker is away; readiness is told by the stages, which notice it as well
      }
    }
    void this.reset(); // a fetch that nobody waits for any more keeps its connection until the broker answers
  }

  async close(): Promise<void> {
    await this.reset();
  }

  private async ready(topic: string): Promise<Cluster> {
    const cluster = await this.connected();
    await cluster.addTargetTopic(topic);
    await cluster.refreshMetadataIfNecessary();
    return cluster;
  }

  /** Once more when partitions have just come to other leaders: a topic was made a moment ago, or a broker is gone. */
  private async askLeaders<T>(
    topic: string,
    ask: (cluster: Cluster, partitions: { readonly partition: number }[]) => Promise<T>,
  ): Promise<T> {
    for (let attempt = 1, waitMs: number = MOVES.firstWaitMs; ; attempt++, waitMs *= 2) {
      const cluster = await this.ready(topic);
      const partitions = cluster.findTopicPartitionMetadata(topic).map(({ partitionId: partition }) => ({ partition }));
      try {
        return await ask(cluster, partitions);
      } catch (error) {
        if (!LEADER_MOVED.has((error as { type?: string }).type ?? '') || attempt === MOVES.attempts) throw error;
        await delay(waitMs);
        await cluster.refreshMetadata();
      }
    }
  }

  private async connected(): Promise<Cluster> {
    const current = this.opened;
    if (current !== undefined) {
      const cluster = await current;
      if (cluster.isConnected()) return cluster;
      if (this.opened === current) await this.reset();
      return this.connected();
    }
    const opening = (async () => {
      const cluster = createCluster(this.kafka);
      await cluster.connect();
      return cluster;
    })();
    this.opened = opening;
    try {
      return await opening;
    } catch (error) {
      if (this.opened === opening) this.opened = undefined;
      throw error;
    }
  }

  private async reset(): Promise<void> {
    const opened = this.opened;
    this.opened = undefined;
    const cluster = await opened?.catch(() => undefined);
    await cluster?.disconnect().catch(() => undefined);
  }
}

/** What the work comes to, or undefined as soon as the signal, which has not yet, aborts: the work then goes on unheard. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  let abort = (): void => undefined;
  const aborted = new Promise<undefined>((resolve) => (abort = () => resolve(undefined)));
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function toLogRecord(message: FetchedMessage): LogRecord {
  return {
    offset: Number(message.offset),
    timestampMs: Number(message.timestamp),
    key: message.key,
    value: message.value,
    headers: headersOf(message.headers),
  };
}

/** One-off `LogReader.read` that closes its connection at the end. */
export async function* readPartition(
  kafka: Kafka,
  topic: string,
  partition: number,
  fromOffset: number,
  toOffset?: number,
): AsyncGenerator<readonly LogRecord[]> {
  const reader = new LogReader(kafka);
  try {
    yield* reader.read(topic, partition, fromOffset, toOffset);
  } finally {
    await reader.close();
  }
}

/** One-off `LogReader.ends`. */
export async function partitionEnds(kafka: Kafka, topic: string): ReturnType<LogReader['ends']> {
  const reader = new LogReader(kafka);
  try {
    return await reader.ends(topic);
  } finally {
    await reader.close();
  }
}
