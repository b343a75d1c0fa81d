import { consumerGroupOf, topicOf, type PipelineStream } from '#contracts';
import type { Connections } from '../connections/connections.js';
import { RUN_HEADER } from './electricity-feed.js';

/** Where labels lie that have no prediction yet: not looked at, or looked at and put back. */
const WAITING: readonly PipelineStream[] = ['labels', 'label-retries'];

/**
 * Labels of a run that feedback has not done with, read from the topics behind its offsets. A label that is put back while
 * this reads is counted once.
 */
export async function waitingLabels(connections: Connections, pipeline: string, run: string): Promise<number> {
  const admin = await connections.admin();
  const topics = WAITING.map((stream) => topicOf(pipeline, stream));
  const committed = await admin.fetchOffsets({ groupId: consumerGroupOf('feedback', pipeline), topics });
  const log = connections.log();
  const found = new Set<string>();
  for (const { topic, partitions } of committed) {
    for (const { partition, offset } of partitions) {
      for await (const records of log.read(topic, partition, Math.max(0, Number(offset)))) {
        for (const { key, headers } of records) {
          if (headers[RUN_HEADER]?.toString() === run) found.add(key?.toString() ?? '');
        }
      }
    }
  }
  return found.size;
}
