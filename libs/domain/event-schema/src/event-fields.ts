import type { AvroNamed, AvroRecordSchema, AvroSchema } from '#contracts';

/**
 * What a field's values are to expectations, features and tables.
 * `integer`: Avro int and long; `number`: float and double; `timestamp`: long with timestamp-millis or timestamp-micros;
 * `other`: records, arrays, maps and unions of several types.
 */
export type EventFieldKind = 'boolean' | 'integer' | 'number' | 'timestamp' | 'string' | 'enum' | 'bytes' | 'other';

export interface EventField {
  readonly name: string;
  readonly kind: EventFieldKind;
  /** The field's type is a union with null. */
  readonly nullable: boolean;
  /** Timestamps: how many units of the stored long make one millisecond (1 or 1000); else 1. */
  readonly unitsPerMs: number;
  /** Enums: the allowed values. */
  readonly symbols: readonly string[];
  /** The Avro type as a person would write it, e.g. `double` or `long (timestamp-millis)`. */
  readonly typeName: string;
}

const KIND_OF_PRIMITIVE: Readonly<Record<string, EventFieldKind>> = {
  boolean: 'boolean',
  int: 'integer',
  long: 'integer',
  float: 'number',
  double: 'number',
  string: 'string',
  bytes: 'bytes',
  fixed: 'bytes',
  enum: 'enum',
};

const UNITS_PER_MS: Readonly<Record<string, number>> = { 'timestamp-millis': 1, 'timestamp-micros': 1000 };

/** The top-level fields of an event, by name, in schema order. */
export function eventFieldsOf(schema: AvroRecordSchema): ReadonlyMap<string, EventField> {
  const named = new Map<string, AvroNamed>();
  collectNamed(schema, named);
  return new Map(schema.fields.map(({ name, type }) => [name, describeField(name, type, named)]));
}

function describeField(name: string, type: AvroSchema, named: ReadonlyMap<string, AvroNamed>): EventField {
  const branches = isUnion(type) ? type : [type];
  const values = branches.filter((branch) => branch !== 'null' && !(isNamed(branch) && branch.type === 'null'));
  const nullable = values.length < branches.length;
  const [only] = values;
  if (values.length !== 1 || only === undefined) {
    return { name, kind: 'other', nullable, unitsPerMs: 1, symbols: [], typeName: typeNameOf(type) };
  }
  return { name, nullable, typeName: typeNameOf(type), ...describeType(only, named) };
}

function describeType(
  type: AvroSchema,
  named: ReadonlyMap<string, AvroNamed>,
): Pick<EventField, 'kind' | 'unitsPerMs' | 'symbols'> {
  if (typeof type === 'string') {
    const definition = named.get(type);
    return definition
      ? describeType(definition, named)
      : { kind: KIND_OF_PRIMITIVE[type] ?? 'other', unitsPerMs: 1, symbols: [] };
  }
  if (isUnion(type)) return { kind: 'other', unitsPerMs: 1, symbols: [] };
  if (typeof type.type !== 'string') return describeType(type.type, named);
  const unitsPerMs = type.type === 'long' && type.logicalType ? UNITS_PER_MS[type.logicalType] : undefined;
  if (unitsPerMs !== undefined) return { kind: 'timestamp', unitsPerMs, symbols: [] };
  return { kind: KIND_OF_PRIMITIVE[type.type] ?? 'other', unitsPerMs: 1, symbols: type.symbols ?? [] };
}

function collectNamed(type: AvroSchema, into: Map<string, AvroNamed>): void {
  if (typeof type === 'string') return;
  if (isUnion(type)) {
    for (const branch of type) collectNamed(branch, into);
    return;
  }
  if (type.name !== undefined && typeof type.type === 'string') {
    into.set(type.name, type);
    if (type.namespace !== undefined) into.set(`${type.namespace}.${type.name}`, type);
  }
  if (typeof type.type !== 'string') collectNamed(type.type, into);
  for (const field of type.fields ?? []) collectNamed(field.type, into);
  if (type.items !== undefined) collectNamed(type.items, into);
  if (type.values !== undefined) collectNamed(type.values, into);
}

function typeNameOf(type: AvroSchema): string {
  if (typeof type === 'string') return type;
  if (isUnion(type)) return type.map(typeNameOf).join(' or ');
  if (typeof type.type !== 'string') return typeNameOf(type.type);
  return type.logicalType === undefined ? type.type : `${type.type} (${type.logicalType})`;
}

function isUnion(type: AvroSchema): type is readonly AvroSchema[] {
  return Array.isArray(type);
}

function isNamed(type: AvroSchema): type is AvroNamed {
  return typeof type === 'object' && !Array.isArray(type);
}
