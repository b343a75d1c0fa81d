import { consumerGroupOf, topicOf, type LogCut, type PipelineDefinition, type PipelineStream } from '#contracts';
import { LazyAdmin, LogReader } from '#platform/kafka';
import type { Kafka } from 'kafkajs';

/** Streams whose records the log holds, and which monitors look at. */
const LOGGED = ['predictions', 'outcomes', 'quarantine'] as const satisfies readonly PipelineStream[];

/**
 * How far the log is, as the service's own group says: what is committed is in ClickHouse. Of whichever member wrote it, so that
 * one member can tell for all.
 */
export class LogPosition {
  private readonly admin: LazyAdmin;
  private readonly reader: LogReader;

  constructor(
    kafka: Kafka,
    private readonly service: string,
  ) {
    this.admin = new LazyAdmin(kafka);
    this.reader = new LogReader(kafka);
  }

  /** @throws what kafkajs throws while Kafka is away */
  async cut({ name, label, topics }: PipelineDefinition): Promise<LogCut> {
    const streams = LOGGED.filter((stream) => stream !== 'outcomes' || label !== undefined);
    const committed = await (
      await this.admin.connected()
    ).fetchOffsets({
      groupId: consumerGroupOf(this.service, name),
      topics: streams.map((stream) => topicOf(name, stream)),
    });
    const positions = (stream: PipelineStream): readonly number[] => {
      const of = committed.find(({ topic }) => topic === topicOf(name, stream))?.partitions ?? [];
      const cut = Array.from({ length: topics.partitions }, () => 0);
      for (const { partition, offset } of of) cut[partition] = Math.max(0, Number(offset));
      return Array.from(cut, (offset) => offset ?? 0); // raised partitions may leave holes
    };
    return {
      predictions: positions('predictions'),
      outcomes: label === undefined ? [] : positions('outcomes'),
      quarantine: positions('quarantine'),
    };
  }

  /** By partition, where a stream ends for read-committed readers. */
  async ends(pipeline: string, stream: PipelineStream): Promise<readonly number[]> {
    return (await this.reader.ends(topicOf(pipeline, stream))).map(({ high }) => high);
  }

  /** After a failure: the next question connects anew. */
  async reset(): Promise<void> {
    await this.admin.disconnect().catch(() => undefined);
  }

  async close(): Promise<void> {
    await Promise.all([this.reset(), this.reader.close()]);
  }
}
