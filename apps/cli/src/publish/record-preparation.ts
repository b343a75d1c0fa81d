import type { AvroRecordSchema } from '#contracts';
import { compileJsonEvent } from '#domain/json-events';
import type { AvroCodecs } from '#platform/avro';
import { formatBytes } from '../terminal/quantities.js';
import { csvTyping } from './csv-typing.js';
import type { Preparation } from './publish-events.js';
import type { SendSpan } from './send-span.js';

export interface PreparationOptions {
  /** The rows' values are texts, as in CSV. */
  readonly texts: boolean;
  /** Kafka key of every record, instead of its own. */
  readonly key?: string;
  /** Starts the `send` span of a record. */
  readonly startSpan?: () => SendSpan;
}

/** What rows become. */
export interface RecordKind {
  /** For a person: `event` or `label`. */
  readonly noun: string;
  readonly topic: string;
  readonly schema: AvroRecordSchema;
  readonly schemaId: number;
  readonly maxMessageBytes: number;
  /** Looks at a record that fits the schema. */
  readonly keyOf: (
    record: Readonly<Record<string, unknown>>,
  ) => { readonly ok: true; readonly key: string } | { readonly ok: false; readonly message: string };
}

/** Bytes that a record costs beside key, value and headers: batch and record framing of Kafka's format, rounded up. */
const FRAMING_BYTES = 100;

/** Compiles row → Kafka message: typed by the schema, encoded in the wire format, keyed. */
export function prepareRecords(
  { noun, topic, schema, schemaId, maxMessageBytes, keyOf }: RecordKind,
  codecs: AvroCodecs,
  options: PreparationOptions,
): (fields: Readonly<Record<string, unknown>>) => Preparation {
  const typed = options.texts ? csvTyping(schema) : undefined;
  const toRecord = compileJsonEvent(schema, { bytesFrom: (bytes) => Buffer.from(bytes) });
  const encode = codecs.encoderFor(schema, schemaId);
  return function prepareRecord(fields) {
    const converted = toRecord(typed ? typed(fields) : fields);
    if (!converted.ok) {
      return {
        ok: false,
        message: converted.errors.map(({ pointer, message }) => `${fieldOf(pointer)}${message}`).join('; '),
      };
    }
    const own = keyOf(converted.event);
    if (!own.ok) return own;
    const value = encode(converted.event);
    const key = options.key ?? own.key;
    const size = value.byteLength + Buffer.byteLength(key) + FRAMING_BYTES;
    if (size > maxMessageBytes) {
      const limit = formatBytes(maxMessageBytes);
      return {
        ok: false,
        message: `the ${noun} takes ${formatBytes(size)}, ${topic} takes ${limit} (topics.maxMessageBytes)`,
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
