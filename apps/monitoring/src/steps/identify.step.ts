import { topicOf, type PipelineDefinition } from '#contracts';
import type { QuarantinedEvent } from '#platform/clickhouse';
import type { DecoderFactory } from '#platform/kafka';

/**
 * Makes the step that finds the id of refused events whose headers do not say it, by reading them: most were refused for
 * what they say, not for how they are written. The id of one that cannot be read stays empty.
 */
export function createIdentifyStep(decoders: DecoderFactory) {
  /** @throws Retriable when the schema registry is away */
  return async function identifyStep(
    definition: PipelineDefinition,
    refused: readonly QuarantinedEvent[],
  ): Promise<readonly QuarantinedEvent[]> {
    const topics = new Set([topicOf(definition.name, 'events'), topicOf(definition.name, 'validated')]);
    const isUnnamed = ({ eventId, topic }: QuarantinedEvent): boolean => eventId === '' && topics.has(topic);
    const unnamed = refused.filter(isUnnamed).map(({ value }) => value);
    if (unnamed.length === 0) return refused;
    const decoder = decoders.decoderFor(definition.event.schema);
    await decoder.prefetch(unnamed);
    return refused.map((event) => {
      if (!isUnnamed(event)) return event;
      const decoded = decoder.decode(event.value);
      const id = decoded.ok ? decoded.value[definition.event.id] : undefined;
      return id === undefined || id === null ? event : { ...event, eventId: String(id) };
    });
  };
}
