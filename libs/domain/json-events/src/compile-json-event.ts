import type { AvroField, AvroNamed, AvroRecordSchema, AvroSchema } from '#contracts';
import { fullNameOf, isPrimitive, isUnion, namespaceOf, unnested } from './avro-names.js';
import { Conversion, type Convert, type JsonEventError } from './conversion.js';
import { array, map, record, type RecordField } from './convert-collection.js';
import {
  bytes,
  convertBoolean,
  convertDate,
  convertDouble,
  convertFloat,
  convertInt,
  convertLong,
  convertString,
  enumeration,
  timestamp,
  type BytesFactory,
} from './convert-scalar.js';
import { union, type Branch } from './convert-union.js';

export type JsonEventResult =
  | { readonly ok: true; readonly event: Record<string, unknown> }
  | { readonly ok: false; readonly errors: readonly JsonEventError[] };

export interface JsonEventOptions {
  /** Makes what the Avro encoder takes for `bytes` and `fixed`. Default: the Uint8Array itself. */
  readonly bytesFrom?: BytesFactory;
}

/**
 * Compiles an event schema into a function from parsed JSON to the event's value. The function never throws and reports
 * everything that is wrong at once.
 *
 * Beside the obvious: timestamps also as ISO 8601, dates as `YYYY-MM-DD`, bytes as base64; fields with a default and
 * nullable fields may be left out; unknown fields are refused, as a typing error in an optional field would else pass.
 */
export function compileJsonEvent(
  schema: AvroRecordSchema,
  { bytesFrom = (value) => value }: JsonEventOptions = {},
): (json: unknown) => JsonEventResult {
  const convert = new Compiler(bytesFrom).compile(schema, undefined).convert;
  return (json) => {
    const conversion = new Conversion();
    const event = convert(json, conversion);
    return conversion.errors.length === 0
      ? { ok: true, event: event as Record<string, unknown> }
      : { ok: false, errors: conversion.errors };
  };
}

class Compiler {
  private readonly named = new Map<string, Branch>();

  constructor(private readonly bytesFrom: BytesFactory) {}

  compile(given: AvroSchema, namespace: string | undefined): Branch {
    const schema = unnested(given);
    if (isUnion(schema)) return this.union(schema, namespace);
    if (typeof schema === 'string') {
      if (isPrimitive(schema)) return this.primitive(schema, undefined);
      const known = this.named.get(fullNameOf(schema, namespace)) ?? this.named.get(schema);
      if (known === undefined) throw new Error(`The schema refers to "${schema}", which it does not define.`);
      return known;
    }
    const type = schema.type as string;
    switch (type) {
      case 'array':
        return {
          name: 'array',
          look: 'array',
          convert: array(this.compile(schema.items ?? 'null', namespace).convert),
        };
      case 'map':
        return { name: 'map', look: 'object', convert: map(this.compile(schema.values ?? 'null', namespace).convert) };
      case 'enum':
        return this.define(schema, namespace, 'string', enumeration(schema.symbols ?? []));
      case 'fixed':
        return this.define(schema, namespace, 'bytes', bytes(this.bytesFrom, schema.size ?? 0));
      case 'record':
      case 'error':
        return this.record(schema, namespace);
      default:
        return isPrimitive(type) ? this.primitive(type, schema.logicalType) : this.compile(type, namespace);
    }
  }

  private primitive(type: string, logicalType: string | undefined): Branch {
    switch (type) {
      case 'string':
        return { name: type, look: 'string', convert: convertString };
      case 'boolean':
        return { name: type, look: 'boolean', convert: convertBoolean };
      case 'bytes':
        return { name: type, look: 'bytes', convert: bytes(this.bytesFrom) };
      case 'int':
        return { name: type, look: 'number', convert: logicalType === 'date' ? convertDate : convertInt };
      case 'long':
        return { name: type, look: 'number', convert: LONGS[logicalType ?? ''] ?? convertLong };
      case 'float':
        return { name: type, look: 'number', convert: convertFloat };
      case 'double':
        return { name: type, look: 'number', convert: convertDouble };
      default:
        return { name: 'null', look: 'object', convert: union([], true) };
    }
  }

  private union(schemas: readonly AvroSchema[], namespace: string | undefined): Branch {
    const branches = schemas.map((schema) => this.compile(schema, namespace));
    const values = branches.filter(({ name }) => name !== 'null');
    return { name: 'union', look: 'object', convert: union(values, values.length < branches.length) };
  }

  private define(schema: AvroNamed, namespace: string | undefined, look: Branch['look'], convert: Convert): Branch {
    const name = fullNameOf(schema.name ?? '', namespaceOf(schema, namespace));
    const branch: Branch = { name, look, convert };
    this.named.set(name, branch);
    return branch;
  }

  private record(schema: AvroNamed, namespace: string | undefined): Branch {
    const fields: RecordField[] = [];
    // Defined before its fields are compiled: they may refer to it.
    const branch = this.define(
      schema,
      namespace,
      'object',
      record(() => fields),
    );
    const inner = namespaceOf(schema, namespace);
    for (const field of schema.fields ?? []) {
      fields.push({
        name: field.name,
        convert: this.compile(field.type, inner).convert,
        absent: this.absentValue(field, inner),
      });
    }
    return branch;
  }

  /** A default of a union belongs to its first branch; defaults of bytes are written as one character per byte. */
  private absentValue(field: AvroField, namespace: string | undefined): RecordField['absent'] {
    const type = unnested(field.type);
    if (field.default === undefined) {
      return isUnion(type) && type.some((branch) => branch === 'null') ? { value: null } : null;
    }
    const first = unnested(isUnion(type) ? (type[0] ?? 'null') : type);
    const kind = typeof first === 'string' || isUnion(first) ? first : first.type;
    if ((kind === 'bytes' || kind === 'fixed') && typeof field.default === 'string') {
      return { value: this.bytesFrom(Uint8Array.from(field.default, (character) => character.charCodeAt(0))) };
    }
    const conversion = new Conversion();
    const value = this.compile(type, namespace).convert(field.default, conversion);
    const [error] = conversion.errors;
    if (error !== undefined) throw new Error(`The default of the field "${field.name}" ${error.message}.`);
    return { value };
  }
}

const LONGS: Readonly<Record<string, Convert>> = {
  'timestamp-millis': timestamp(1000),
  'timestamp-micros': timestamp(1),
};
