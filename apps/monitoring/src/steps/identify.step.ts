import { topicOf, type AvroRecordSchema, type PipelineDefinition } from '#contracts';
import type { QuarantinedEvent } from '#platform/clickhouse';
import type { DecoderFactory } from '#platform/kafka';

/** How what lay on a topic names its event. */
interface Naming {
  readonly schema: AvroRecordSchema;
  /** Field with the event's id. */
  readonly field: string;
}

/**
 * Makes the step that finds the id of refused events, and of the events of refused labels, whose headers do not say it, by
 * reading them: most were refused for what they say, not for how they are written. The id of one that cannot be read, or of
 * a label that knows none, stays empty.
 */
export function createIdentifyStep(decoders: DecoderFactory) {
  /** @throws Retriable when the schema registry is away */
  return async function identifyStep(
    definition: PipelineDefinition,
    refused: readonly QuarantinedEvent[],
  ): Promise<readonly QuarantinedEvent[]> {
    const namings = namingsOf(definition);
    const unnamed = refused.filter(({ eventId, topic }) => eventId === '' && namings.has(topic));
    if (unnamed.length === 0) return refused;
    const ids = new Map<QuarantinedEvent, string>();
    for (const [topic, { schema, field }] of namings) {
      const events = unnamed.filter((event) => event.topic === topic);
      if (events.length === 0) continue;
      const decoder = decoders.decoderFor(schema);
      await decoder.prefetch(events.map(({ value }) => value));
      for (const event of events) {
        const decoded = decoder.decode(event.value);
        const id = decoded.ok ? decoded.value[field] : undefined;
        if (id !== undefined && id !== null) ids.set(event, String(id));
      }
    }
    return refused.map((event) => (ids.has(event) ? { ...event, eventId: ids.get(event)! } : event));
  };
}

/** By topic. */
function namingsOf({ name, event, label }: PipelineDefinition): ReadonlyMap<string, Naming> {
  const ofEvent = { schema: event.schema, field: event.id };
  const namings = new Map<string, Naming>([
    [topicOf(name, 'events'), ofEvent],
    [topicOf(name, 'validated'), ofEvent],
  ]);
  if (label?.match.by === 'id') {
    namings.set(topicOf(name, 'labels'), { schema: label.schema, field: label.match.field });
  }
  return namings;
}
