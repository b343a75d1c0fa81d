import type { AvroNamed, AvroRecordSchema, AvroSchema } from '#contracts';
import { isUnion, unnested } from './avro-names.js';

export type JsonSchema = Readonly<Record<string, unknown>>;

const PRIMITIVES: Readonly<Record<string, JsonSchema>> = {
  null: { type: 'null' },
  string: { type: 'string' },
  boolean: { type: 'boolean' },
  int: { type: 'integer', minimum: -(2 ** 31), maximum: 2 ** 31 - 1 },
  long: { type: 'integer', minimum: -Number.MAX_SAFE_INTEGER + 1, maximum: Number.MAX_SAFE_INTEGER - 1 },
  float: { type: 'number' },
  double: { type: 'number' },
  bytes: { type: 'string', contentEncoding: 'base64' },
};

const LOGICAL: Readonly<Record<string, JsonSchema>> = {
  'timestamp-millis': {
    description: 'ISO 8601 with a time zone, or milliseconds since 1970',
    oneOf: [{ type: 'string', format: 'date-time' }, { type: 'integer' }],
  },
  'timestamp-micros': {
    description: 'ISO 8601 with a time zone, or microseconds since 1970',
    oneOf: [{ type: 'string', format: 'date-time' }, { type: 'integer' }],
  },
  date: {
    description: 'YYYY-MM-DD, or days since 1970',
    oneOf: [{ type: 'string', format: 'date' }, { type: 'integer' }],
  },
};

/** JSON Schema (2020-12) of what `compileJsonEvent` takes, for documentation. References to named types become `{}`. */
export function eventJsonSchema(schema: AvroRecordSchema): JsonSchema {
  return describe(schema);
}

function describe(given: AvroSchema): JsonSchema {
  const schema = unnested(given);
  if (typeof schema === 'string') return PRIMITIVES[schema] ?? {};
  if (isUnion(schema)) return { oneOf: schema.map(describe) };
  const documented = schema.doc === undefined ? {} : { description: schema.doc };
  return { ...describeNamed(schema), ...documented };
}

function describeNamed(schema: AvroNamed): JsonSchema {
  switch (schema.type) {
    case 'array':
      return { type: 'array', items: describe(schema.items ?? 'null') };
    case 'map':
      return { type: 'object', additionalProperties: describe(schema.values ?? 'null') };
    case 'enum':
      return { type: 'string', enum: schema.symbols ?? [] };
    case 'fixed':
      return { type: 'string', contentEncoding: 'base64' };
    case 'record':
    case 'error':
      return describeRecord(schema);
    default:
      return LOGICAL[schema.logicalType ?? ''] ?? PRIMITIVES[schema.type as string] ?? {};
  }
}

function describeRecord({ name, fields = [] }: AvroNamed): JsonSchema {
  return {
    title: name,
    type: 'object',
    additionalProperties: false,
    required: fields
      .filter((field) => field.default === undefined && !isNullable(field.type))
      .map((field) => field.name),
    properties: Object.fromEntries(
      fields.map((field) => [
        field.name,
        {
          ...describe(field.type),
          ...(field.doc === undefined ? {} : { description: field.doc }),
          ...(field.default === undefined ? {} : { default: field.default }),
        },
      ]),
    ),
  };
}

function isNullable(type: AvroSchema): boolean {
  const schema = unnested(type);
  return isUnion(schema) ? schema.includes('null') : schema === 'null';
}
