import { streamsOf, topicOf, type PipelineDefinition, type PipelineStream } from '#contracts';
import type { TopicSpec } from '#platform/kafka';

const MIB = 1 << 20;
/** Our own headers and envelope around an event: reasons, positions, flags, model and trace names. */
const ENVELOPE_BYTES = 64 << 10;
/** Stages send batches of up to 1 MiB; a topic that only they write to has to take one, however small the events are. */
const STAGE_BATCH_BYTES = MIB + ENVELOPE_BYTES;

/**
 * The topics of a pipeline. What Eddyline writes is given room beyond the events' limit, so that an event that was let in
 * can never be too large further down: a prediction holds the event and its features, a quarantine record the event's
 * key, value and headers and the reason.
 */
export function pipelineTopics(definition: PipelineDefinition): readonly TopicSpec[] {
  const { partitions, replicationFactor, retentionMs, maxMessageBytes } = definition.topics;
  const spec = (
    topic: string,
    limit: number,
    timestamps: 'CreateTime' | 'LogAppendTime' = 'CreateTime',
  ): TopicSpec => ({
    topic,
    partitions,
    replicationFactor,
    config: {
      'cleanup.policy': 'delete',
      'retention.ms': String(retentionMs),
      'max.message.bytes': String(limit),
      'message.timestamp.type': timestamps,
      // An acknowledgement has to mean that a single broker's death loses nothing.
      'min.insync.replicas': String(replicationFactor >= 3 ? 2 : 1),
    },
  });
  const streams = streamsOf(definition);
  const own: readonly (readonly [PipelineStream, number])[] = [
    ['labels', maxMessageBytes],
    ['label-retries', Math.max(STAGE_BATCH_BYTES, maxMessageBytes + ENVELOPE_BYTES)],
    ['outcomes', Math.max(STAGE_BATCH_BYTES, 2 * maxMessageBytes + 2 * ENVELOPE_BYTES)],
    ['alerts', STAGE_BATCH_BYTES],
    ['explanations', STAGE_BATCH_BYTES],
    ['shadows', Math.max(STAGE_BATCH_BYTES, 2 * maxMessageBytes + ENVELOPE_BYTES)],
  ];
  return [
    // When the broker took an event is what ages and `maxAhead` are measured from, and what retention goes by: a clock
    // upstream may be wrong, or tell event time.
    spec(topicOf(definition.name, 'events'), maxMessageBytes, 'LogAppendTime'),
    spec(topicOf(definition.name, 'validated'), Math.max(STAGE_BATCH_BYTES, maxMessageBytes + ENVELOPE_BYTES)),
    spec(topicOf(definition.name, 'predictions'), Math.max(STAGE_BATCH_BYTES, 2 * maxMessageBytes + ENVELOPE_BYTES)),
    spec(topicOf(definition.name, 'quarantine'), Math.max(STAGE_BATCH_BYTES, maxMessageBytes + 2 * ENVELOPE_BYTES)),
    ...own
      .filter(([stream]) => streams.includes(stream))
      // Labels come from upstream, as events do.
      .map(([stream, limit]) =>
        spec(topicOf(definition.name, stream), limit, stream === 'labels' ? 'LogAppendTime' : 'CreateTime'),
      ),
  ];
}
