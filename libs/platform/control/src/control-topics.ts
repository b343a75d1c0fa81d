import {
  ALERT_CONTROLS_TOPIC,
  LIFECYCLE_PARTITIONS,
  LIFECYCLE_TOPIC,
  MONITORS_TOPIC,
  PIPELINES_TOPIC,
  REGISTRY_TOPIC,
} from '#contracts';
import type { TopicSpec } from '#platform/kafka';

/** One partition, so that all services see one order; compacted, so that what is in force is always there. */
const COMPACTED_TOPICS: readonly TopicSpec[] = [
  PIPELINES_TOPIC,
  REGISTRY_TOPIC,
  MONITORS_TOPIC,
  ALERT_CONTROLS_TOPIC,
].map((topic) => ({
  topic,
  partitions: 1,
  replicationFactor: -1,
  config: {
    'cleanup.policy': 'compact',
    'min.cleanable.dirty.ratio': '0.1',
    // Written with every evaluation, and read to its end by whoever takes a pipeline over: only closed segments are compacted.
    ...(topic === MONITORS_TOPIC ? { 'segment.bytes': '16777216', 'segment.ms': '600000' } : {}),
  },
}));

/** Appended to, and kept: what was decided, when and why is asked for years later. */
const LIFECYCLE: TopicSpec = {
  topic: LIFECYCLE_TOPIC,
  partitions: LIFECYCLE_PARTITIONS,
  replicationFactor: -1,
  config: { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'retention.bytes': '-1' },
};

export const CONTROL_TOPICS: readonly TopicSpec[] = [...COMPACTED_TOPICS, LIFECYCLE];
