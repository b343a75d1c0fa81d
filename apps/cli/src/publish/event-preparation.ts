import { topicOf, type AppliedPipeline } from '#contracts';
import { compileIdentity } from '#domain/event-schema';
import { compileJsonEvent } from '#domain/json-events';
import type { AvroCodecs } from '#platform/avro';
import { formatBytes } from '../terminal/quantities.js';
import { csvTyping } from './csv-typing.js';
import type { Preparation } from './publish-events.js';
import type { SendSpan } from './send-span.js';

export interface EventPreparationOptions {
  /** The rows' values are texts, as in CSV. */
  readonly texts: boolean;
  /** Kafka key of every event, instead of the field that the pipeline names. */
  readonly key?: string;
  /** Starts the `send` span of an event. */
  readonly startSpan?: () => SendSpan;
}

/** Bytes that a record costs beside key, value and headers: batch and record framing of Kafka's format, rounded up. */
const FRAMING_BYTES = 100;

/**
 * Compiles row → Kafka message for a pipeline in force: typed by the event schema, encoded in the wire format, keyed by the
 * pipeline's key field. Id and time need no headers: services take them from the fields that the pipeline names.
 */
export function prepareEvents(
  { definition, schemaIds }: Pick<AppliedPipeline, 'definition' | 'schemaIds'>,
  codecs: AvroCodecs,
  options: EventPreparationOptions,
): (fields: Readonly<Record<string, unknown>>) => Preparation {
  const topic = topicOf(definition.name, 'events');
  const { maxMessageBytes } = definition.topics;
  const typed = options.texts ? csvTyping(definition.event.schema) : undefined;
  const toEvent = compileJsonEvent(definition.event.schema, { bytesFrom: (bytes) => Buffer.from(bytes) });
  const encode = codecs.encoderFor(definition.event.schema, schemaIds.event);
  const identity = compileIdentity(definition.event);
  return function prepareEvent(fields) {
    const converted = toEvent(typed ? typed(fields) : fields);
    if (!converted.ok) {
      return {
        ok: false,
        message: converted.errors.map(({ pointer, message }) => `${fieldOf(pointer)}${message}`).join('; '),
      };
    }
    const { event } = converted;
    const value = encode(event);
    const key = options.key ?? identity.keyOf(event);
    const size = value.byteLength + Buffer.byteLength(key) + FRAMING_BYTES;
    if (size > maxMessageBytes) {
      const limit = formatBytes(maxMessageBytes);
      return {
        ok: false,
        message: `the event takes ${formatBytes(size)}, ${topic} takes ${limit} (topics.maxMessageBytes)`,
      };
    }
    const span = options.startSpan?.();
    const message = { topic, key, value, ...(span?.settled && { headers: span.headers }) };
    return { ok: true, event: { message, ...(span?.settled && { settled: span.settled }) } };
  };
}

/** JSON pointer → `field: `. */
function fieldOf(pointer: string): string {
  return pointer === '' ? '' : `${pointer.slice(1).replaceAll('/', '.')}: `;
}
