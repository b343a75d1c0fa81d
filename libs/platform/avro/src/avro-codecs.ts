import type { AvroRecordSchema } from '#contracts';
import type { DecoderFactory, ValueDecoder } from '#platform/kafka';
import { parseAvroType } from './avro-type.js';
import { AvroValueDecoder } from './avro-value-decoder.js';
import { createEncoder } from './avro-value-encoder.js';
import { decodeProgress, type DecodeProgress } from './decode-progress.js';
import type { SchemaRegistryClient } from './schema-registry-client.js';
import { schemaIdOf } from './wire-format.js';
import { WriterSchemas, type WriterSchemasOptions } from './writer-schemas.js';

/** Reader schemas in use before the oldest is let go: one per pipeline, topic and revision that is still running. */
const MAX_DECODERS = 512;

/** Decoders and encoders that share one memory of writer schemas. One per process. */
export class AvroCodecs implements DecoderFactory {
  private readonly writers: WriterSchemas;
  private readonly byIdentity = new WeakMap<AvroRecordSchema, ValueDecoder>();
  private readonly byText = new Map<string, ValueDecoder>();

  constructor(client: SchemaRegistryClient, options: WriterSchemasOptions = {}) {
    this.writers = new WriterSchemas(client, options);
  }

  /** @throws Error when `reader` is not a valid Avro schema */
  decoderFor(reader: AvroRecordSchema): ValueDecoder {
    const known = this.byIdentity.get(reader);
    if (known !== undefined) return known;
    const text = JSON.stringify(reader);
    const decoder = this.byText.get(text) ?? new AvroValueDecoder(parseAvroType(reader), this.writers);
    if (this.byText.size >= MAX_DECODERS) this.byText.delete(this.byText.keys().next().value!);
    this.byText.set(text, decoder);
    this.byIdentity.set(reader, decoder);
    return decoder;
  }

  /**
   * How far a value can be read by the schema that it names, or by `reader` where the registry does not know that one;
   * null for what is not in the wire format at all.
   *
   * @throws Retriable('registry_unreachable') when the id is new and the registry is away
   */
  async progressOf(value: Buffer, reader: AvroRecordSchema): Promise<DecodeProgress | null> {
    const id = schemaIdOf(value);
    if (id < 0) return null;
    await this.writers.load([id]);
    const writer = this.writers.get(id);
    return writer?.kind === 'known'
      ? decodeProgress(writer.type, 'writer', value)
      : decodeProgress(parseAvroType(reader), 'reader', value);
  }

  /**
   * @param id registry id of `schema`, written into each value
   * @returns value → wire format; throws InvalidAvroValue when the value does not fit. Keep the function: making one
   *   compiles the schema.
   */
  encoderFor(schema: AvroRecordSchema, id: number): (value: unknown) => Buffer {
    return createEncoder(parseAvroType(schema), id);
  }
}
