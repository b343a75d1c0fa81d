import avsc from 'avsc';
import type { AvroSchema } from '#contracts';
import { BoundedArrayType, BoundedMapType } from './bounded-collections.js';
import { doubleOfLong, exactInt, exactLong, floatOfLong } from './exact-long.js';
import { resolvedUnion } from './resolved-union.js';

/**
 * Parses a schema, with a registry of named types of its own: two schemas may define the same name differently.
 *
 * Values are plain: records are instances of a class generated per record type (fast), bytes and fixed are Buffers,
 * logical types stay their base type (`timestamp-millis` is a number). A union's value stands by itself; only where two
 * branches look alike in JavaScript (`["null", "long", "double"]`, two records) it is wrapped: `{ long: 5 }`.
 *
 * @throws Error when it is not a valid Avro schema
 */
export function parseAvroType(schema: AvroSchema): avsc.Type {
  return parse(schema, exactLong, 'auto');
}

/** The same schema with all 64 bits of its longs, as `long` reads them, and all unions wrapped: for looking into a value. */
export function parseWithLongs(schema: AvroSchema, long: avsc.Type): avsc.Type {
  return parse(schema, long, 'always');
}

function parse(schema: AvroSchema, long: avsc.Type, wrapUnions: 'auto' | 'always'): avsc.Type {
  return avsc.Type.forSchema(structuredClone(schema) as avsc.Schema, {
    registry: {},
    wrapUnions,
    omitRecordMethods: true,
    typeHook: (part, options) => {
      if (Array.isArray(part)) return resolvedUnion(part, options, wrapUnions);
      const kind = typeof part === 'string' ? part : (part as { type?: unknown } | null)?.type;
      if (kind === 'array') return new BoundedArrayType(part, options);
      if (kind === 'map') return new BoundedMapType(part, options);
      if (kind === 'int') return exactInt;
      if (kind === 'long') return long;
      if (kind === 'double') return doubleOfLong;
      if (kind === 'float') return floatOfLong;
      return undefined;
    },
  });
}
