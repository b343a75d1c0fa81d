import { HEADER, topicOf } from '#contracts';
import { createKafka, LogReader, Publisher, type LogRecord } from '#platform/kafka';
import { stack, uniqueName } from '#platform/testing';
import { join } from 'node:path';
import { eddylineJson, pipelineFolder } from './run-eddyline.js';

export interface Quarantined {
  readonly total: number;
  readonly groups: readonly { readonly group: string; readonly count: number; readonly notReplayed: number }[];
  readonly records: readonly {
    readonly id: string;
    readonly reason: string;
    readonly attempt: number;
    readonly replayed: boolean;
    readonly origin: { readonly topic: string };
  }[];
}

export interface Replayed {
  readonly ok: boolean;
  readonly run: string;
  readonly replayed: number;
  readonly alreadyReplayed: number;
  readonly outcome?: readonly {
    readonly stage: string;
    readonly put: number;
    readonly accepted: number;
    readonly refused: Readonly<Record<string, number>>;
    readonly duplicates: number;
  }[];
}

/** A pipeline with two partitions in force, named after `prefix`; `edit` changes its file. */
export async function appliedPipeline(prefix: string, edit?: (yaml: string) => string): Promise<string> {
  const name = uniqueName(prefix);
  const folder = await pipelineFolder(name, edit && { yaml: edit });
  await eddylineJson(['apply', join(folder, 'pipeline.yaml')]);
  return name;
}

const READER = { events: 'validation', validated: 'inference', labels: 'feedback' } as const;

/** Writes a pipeline's quarantine as its stages do, without running them, and reads its topics. */
export class QuarantineStock {
  private readonly kafka = createKafka({ brokers: stack().kafkaBrokers.split(','), clientId: uniqueName('test') });
  private readonly publisher = new Publisher(this.kafka);
  private readonly log = new LogReader(this.kafka);

  constructor(readonly pipeline: string) {}

  /** Records `from` to `from + count - 1`, over both partitions in turn, refused at `atMs`. */
  async fill(count: number, { from = 0, atMs = Date.now(), to = 'events' as keyof typeof READER } = {}): Promise<void> {
    const topic = topicOf(this.pipeline, 'quarantine');
    for (let at = from; at < from + count; at += 500) {
      const numbers = Array.from({ length: Math.min(500, from + count - at) }, (_, index) => at + index);
      await this.publisher.publish(
        numbers.map((n) => ({
          topic,
          partition: n % 2,
          key: `k-${n % 50}`,
          value: Buffer.from([0, 0, 0, 0, 1, n & 0xff]),
          timestampMs: atMs,
          headers: {
            [HEADER.quarantineStage]: READER[to],
            [HEADER.quarantineReason]: n % 3 === 0 ? 'late' : 'range',
            [HEADER.quarantineMessage]: `record ${n}`,
            [HEADER.quarantineAt]: new Date(atMs).toISOString(),
            [HEADER.quarantineTopic]: topicOf(this.pipeline, to),
            [HEADER.quarantinePartition]: String(n % 2),
            [HEADER.quarantineOffset]: String(n),
            [HEADER.quarantineTimestamp]: String(atMs),
            [HEADER.attempt]: '1',
          },
        })),
      );
    }
  }

  /** Committed records of one of the pipeline's topics. */
  async read(stream: 'events' | 'validated' | 'quarantine'): Promise<readonly LogRecord[]> {
    const topic = topicOf(this.pipeline, stream);
    const found: LogRecord[] = [];
    for (const { partition, low } of await this.log.ends(topic)) {
      for await (const records of this.log.read(topic, partition, low)) found.push(...records);
    }
    return found;
  }

  /** Event ids of what validation has accepted, as the headers tell them. */
  async ids(stream: 'validated'): Promise<readonly string[]> {
    const records = await this.read(stream);
    return records.flatMap(({ headers }) => headers[HEADER.ceId]?.toString() ?? []);
  }

  async publish(stream: 'events', value: Buffer): Promise<void> {
    await this.publisher.publish([{ topic: topicOf(this.pipeline, stream), partition: 0, key: 'k', value }]);
  }

  /** Offsets taken on a topic, those of commit markers included; told quickly. */
  async end(stream: 'events'): Promise<number> {
    const ends = await this.log.ends(topicOf(this.pipeline, stream));
    return ends.reduce((sum, { high }) => sum + high, 0);
  }

  /** How often each quarantined record was put back on a topic, by id. */
  async putBack(stream: 'events' | 'validated' = 'events'): Promise<ReadonlyMap<string, number>> {
    const times = new Map<string, number>();
    for (const { headers } of await this.read(stream)) {
      const id = headers[HEADER.replayOf]?.toString();
      if (id !== undefined) times.set(id, (times.get(id) ?? 0) + 1);
    }
    return times;
  }

  async close(): Promise<void> {
    await this.publisher.close();
    await this.log.close();
  }
}
