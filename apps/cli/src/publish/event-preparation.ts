import { topicOf, type AppliedPipeline } from '#contracts';
import { compileIdentity } from '#domain/event-schema';
import type { AvroCodecs } from '#platform/avro';
import type { Preparation } from './publish-events.js';
import { prepareRecords, type PreparationOptions, type RecordKind } from './record-preparation.js';

/**
 * Rows as events of a pipeline in force, keyed by the pipeline's key field. Id and time need no headers: services take
 * them from the fields that the pipeline names.
 */
export function eventKind({ definition, schemaIds }: Pick<AppliedPipeline, 'definition' | 'schemaIds'>): RecordKind {
  const identity = compileIdentity(definition.event);
  return {
    noun: 'event',
    topic: topicOf(definition.name, 'events'),
    schema: definition.event.schema,
    schemaId: schemaIds.event,
    maxMessageBytes: definition.topics.maxMessageBytes,
    keyOf: (event) => ({ ok: true, key: identity.keyOf(event) }),
  };
}

/** Compiles row → event of a pipeline in force. */
export function prepareEvents(
  applied: Pick<AppliedPipeline, 'definition' | 'schemaIds'>,
  codecs: AvroCodecs,
  options: PreparationOptions,
): (fields: Readonly<Record<string, unknown>>) => Preparation {
  return prepareRecords(eventKind(applied), codecs, options);
}
