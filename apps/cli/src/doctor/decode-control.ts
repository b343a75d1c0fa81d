import type { AvroRecordSchema } from '#contracts';
import { parseAvroType, schemaIdOf, WIRE_HEADER_BYTES } from '#platform/avro';

/**
 * Decodes values of a control topic by the schema that this program knows, without the registry. A record may be from
 * before fields were added: those have defaults, and are left out of the shape that is tried then. No record fits both, as
 * one of them ends too early or leaves bytes over.
 */
export function controlDecoder(schema: AvroRecordSchema): (value: Buffer) => Record<string, unknown> {
  const added = schema.fields.filter((field) => 'default' in field);
  const defaults = Object.fromEntries(added.map((field) => [field.name, field.default]));
  const now = parseAvroType(schema);
  const before = parseAvroType({ ...schema, fields: schema.fields.filter((field) => !added.includes(field)) });
  /** @throws when it is none of both */
  return function decode(value) {
    if (schemaIdOf(value) < 0) throw new TypeError('not in the wire format');
    const body = value.subarray(WIRE_HEADER_BYTES);
    try {
      return now.fromBuffer(body) as Record<string, unknown>;
    } catch {
      return { ...defaults, ...(before.fromBuffer(body) as Record<string, unknown>) };
    }
  };
}
