import { streamsOf, topicOf, type AppliedPipeline } from '#contracts';
import { ensureTopics } from '#platform/kafka';
import type { Connections } from '../connections/connections.js';
import type { Homes } from './replay.js';
import { readReplayMarks, ReplayMarks, replayMarksTopic, replayMarksTopicOf } from './replay-marks.js';
import type { OffsetSource } from './replay-outcome.js';

/** The marks of all replays so far; none before the first. */
export async function marksInForce(connections: Connections, pipeline: string): Promise<ReplayMarks> {
  if (!(await connections.topics()).has(replayMarksTopicOf(pipeline))) return new ReplayMarks();
  return readReplayMarks(connections.log(), pipeline);
}

/** Makes the topic of the marks where this is the pipeline's first replay. */
export async function ensureMarksTopic(connections: Connections, { definition }: AppliedPipeline): Promise<void> {
  await ensureTopics(connections.kafka(), [replayMarksTopic(definition)]);
}

/** The topics of a pipeline that its stages read, save the quarantine itself. */
export async function homesOf(connections: Connections, { definition }: AppliedPipeline): Promise<Homes> {
  const homes = new Map<string, number>();
  for (const stream of streamsOf(definition)) {
    if (stream === 'quarantine') continue;
    const topic = topicOf(definition.name, stream);
    homes.set(topic, (await connections.log().ends(topic)).length);
  }
  return homes;
}

export async function offsetSource(connections: Connections): Promise<OffsetSource> {
  const admin = await connections.admin();
  return {
    async committed(groupId, topic) {
      const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic] });
      return new Map(
        (offsets?.partitions ?? [])
          .map(({ partition, offset }) => [partition, Number(offset)] as const)
          .filter(([, offset]) => offset >= 0),
      );
    },
    async ends(topic) {
      const ends = await admin.fetchTopicOffsets(topic);
      return new Map(ends.map(({ partition, high }) => [partition, Number(high)]));
    },
  };
}
