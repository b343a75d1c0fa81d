import type { AvroNamed, AvroRecordSchema, AvroSchema } from '#contracts';
import * as columns from './column-type.js';
import type { ColumnType } from './column-type.js';
import { fromJsonText, simpleNameOf, toJsonText, type Named } from './json-value.js';

/** Largest precision of a ClickHouse Decimal. */
const MAX_PRECISION = 76;

/**
 * ClickHouse types for the fields of an Avro record, by field name.
 *
 * | Avro | ClickHouse |
 * |---|---|
 * | boolean, int, long, float, double, string | Bool, Int32, Int64, Float32, Float64, String |
 * | bytes, fixed | String, the bytes as they are |
 * | enum | LowCardinality(String) |
 * | timestamp-millis, timestamp-micros (also local) | DateTime64(3, 'UTC'), DateTime64(6, 'UTC') |
 * | date | Date32 |
 * | decimal up to precision 76 | Decimal(p, s) |
 * | array, map of the above | Array(T), Map(String, T) |
 * | records, unions of more than one type, arrays and maps of those | String with JSON |
 *
 * All but Array and Map are Nullable, whatever Avro says: rows of predictions without an event, and rows older than the
 * column, have no value, and NULL says so.
 */
export function columnTypesOf(record: AvroRecordSchema): ReadonlyMap<string, ColumnType> {
  const named = new Map<string, AvroNamed>();
  collectNamed(record, named);
  return new Map(record.fields.map(({ name, type }) => [name, outermost(type, named)]));
}

function outermost(schema: AvroSchema, named: Named): ColumnType {
  const { type } = resolve(schema, named);
  if (type.sql.startsWith('Array(') || type.sql.startsWith('Map(')) return type as ColumnType;
  if (type.sql === 'LowCardinality(String)')
    return columns.lowCardinality(columns.nullable(columns.string)) as ColumnType;
  return columns.nullable(type) as ColumnType;
}

/** @returns the type without its null branch, and whether it had one */
function resolve(schema: AvroSchema, named: Named): { type: ColumnType<never>; isNullable: boolean } {
  if (isUnion(schema)) {
    const branches = schema.filter((branch) => branch !== 'null');
    const isNullable = branches.length < schema.length;
    const only = branches.length === 1 ? resolve(branches[0]!, named).type : jsonOf(schema, named);
    return { type: only, isNullable };
  }
  return {
    type: typeof schema === 'string' ? byName(schema, named) : ofNamed(schema, named),
    isNullable: schema === 'null',
  };
}

function isUnion(schema: AvroSchema): schema is readonly AvroSchema[] {
  return Array.isArray(schema);
}

function byName(name: string, named: Named): ColumnType<never> {
  switch (name) {
    case 'boolean':
      return columns.bool;
    case 'int':
      return columns.int32;
    case 'long':
      return columns.int64;
    case 'float':
      return columns.float32;
    case 'double':
      return columns.float64;
    case 'string':
      return columns.string;
    case 'bytes':
      return columns.blob;
    default: {
      const definition = named.get(simpleNameOf(name));
      return definition === undefined ? jsonOf(name, named) : ofNamed(definition, named);
    }
  }
}

function ofNamed(schema: AvroNamed, named: Named): ColumnType<never> {
  const { type } = schema;
  if (typeof type !== 'string') return resolve(type, named).type;
  const logical = logicalTypeOf(schema, type);
  if (logical !== undefined) return logical;
  switch (type) {
    case 'enum':
      return columns.lowCardinality(columns.string);
    case 'fixed':
      return columns.blob;
    case 'array':
      return collectionOf(schema, schema.items, named, columns.array);
    case 'map':
      return collectionOf(schema, schema.values, named, columns.map);
    case 'record':
      return jsonOf(schema, named);
    default:
      return byName(type, named);
  }
}

/** A logical type that is not ours, or stands on the wrong type, is ignored, as Avro says. */
function logicalTypeOf(
  { logicalType, precision = 0, scale = 0, size }: AvroNamed,
  type: string,
): ColumnType<never> | undefined {
  if (logicalType === undefined) return undefined;
  if (type === 'long' && /^(local-)?timestamp-millis$/.test(logicalType)) return columns.time;
  if (type === 'long' && /^(local-)?timestamp-micros$/.test(logicalType)) return columns.microTime;
  if (type === 'int' && logicalType === 'date') return columns.date;
  if (logicalType !== 'decimal' || (type !== 'bytes' && type !== 'fixed')) return undefined;
  const isHeld = precision >= 1 && precision <= MAX_PRECISION && scale >= 0 && scale <= precision;
  return isHeld ? columns.decimal(precision, scale, type === 'fixed' ? size : undefined) : undefined;
}

function collectionOf(
  schema: AvroNamed,
  of: AvroSchema | undefined,
  named: Named,
  collection: (of: ColumnType) => ColumnType<never>,
): ColumnType<never> {
  if (of === undefined) return jsonOf(schema, named);
  const { type, isNullable } = resolve(of, named);
  const isScalar = !type.sql.startsWith('Array(') && !type.sql.startsWith('Map(') && !jsonTypes.has(type);
  if (!isScalar) return jsonOf(schema, named);
  if (!isNullable) return collection(type as ColumnType);
  const inner = type.sql === 'LowCardinality(String)' ? columns.nullable(columns.string) : columns.nullable(type);
  return collection(inner as ColumnType);
}

function jsonOf(schema: AvroSchema, named: Named): ColumnType<never> {
  const type: ColumnType<never> = {
    sql: 'String',
    write: (writer, value: unknown) => writer.string(toJsonText(value)),
    read: (reader) => fromJsonText(reader.string(), schema, named),
  };
  jsonTypes.add(type);
  return type;
}

const jsonTypes = new WeakSet<ColumnType<never>>();

function collectNamed(schema: AvroSchema | undefined, named: Map<string, AvroNamed>): void {
  if (schema === undefined || typeof schema === 'string') return;
  if (isUnion(schema)) return schema.forEach((branch) => collectNamed(branch, named));
  if (schema.name !== undefined) named.set(simpleNameOf(schema.name), schema);
  if (typeof schema.type !== 'string') collectNamed(schema.type, named);
  schema.fields?.forEach(({ type }) => collectNamed(type, named));
  collectNamed(schema.items, named);
  collectNamed(schema.values, named);
}
