import fc from 'fast-check';
import type { AvroRecordSchema, AvroSchema } from '#contracts';
import { parseAvroType } from '../src/avro-type.js';

/** What avsc knows of a parsed type, as far as values of it are made here. */
interface Parsed {
  readonly typeName: string;
  readonly name?: string;
  readonly branchName?: string;
  readonly types: readonly Parsed[];
  readonly fields: readonly { readonly name: string; readonly type: Parsed }[];
  readonly itemsType: Parsed;
  readonly valuesType: Parsed;
  readonly symbols: readonly string[];
  readonly size: number;
}

/** Of the wire: the largest long that is kept exactly. */
const LARGEST_LONG = Number.MAX_SAFE_INTEGER - 1;

const PRIMITIVES = ['boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const;
const LOGICAL = [
  { type: 'long', logicalType: 'timestamp-millis' },
  { type: 'long', logicalType: 'timestamp-micros' },
  { type: 'int', logicalType: 'date' },
  { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 },
  { type: 'string', logicalType: 'uuid' },
] as const;
const FIELD_NAMES = ['a', 'b', 'c', 'id', 'data', 'offset', 'then', '_', 'value'];
const SYMBOLS = ['A', 'B', 'C', 'null'];
const MOST_FIELDS = 5;
const DEEPEST = 4;

type Named = { count: number };

/** A record schema with every kind of type in it. Names are unique, as Avro asks. */
export const anyRecordSchema: fc.Arbitrary<AvroRecordSchema> = fc
  .gen()
  .map((draw) => recordSchema(draw, { count: 0 }, 0));

function recordSchema(draw: fc.GeneratorValue, named: Named, depth: number): AvroRecordSchema {
  const name = `R${named.count++}`;
  const names = draw(fc.uniqueArray, fc.constantFrom(...FIELD_NAMES), { minLength: 1, maxLength: MOST_FIELDS });
  const fields = names.map((field) => ({ name: field, type: anySchema(draw, named, depth + 1) }));
  return { type: 'record', name, fields } as AvroRecordSchema;
}

function anySchema(draw: fc.GeneratorValue, named: Named, depth: number): AvroSchema {
  const kinds = ['primitive', 'primitive', 'logical', 'enum', 'fixed'];
  if (depth < DEEPEST) kinds.push('array', 'map', 'record', 'union', 'nullable');
  switch (draw(fc.constantFrom, ...kinds)) {
    case 'logical':
      return draw(fc.constantFrom, ...LOGICAL) as AvroSchema;
    case 'enum':
      return { type: 'enum', name: `E${named.count++}`, symbols: SYMBOLS };
    case 'fixed':
      return { type: 'fixed', name: `F${named.count++}`, size: draw(fc.integer, { min: 1, max: 9 }) };
    case 'array':
      return { type: 'array', items: anySchema(draw, named, depth + 1) };
    case 'map':
      return { type: 'map', values: anySchema(draw, named, depth + 1) };
    case 'record':
      return recordSchema(draw, named, depth + 1) as unknown as AvroSchema;
    case 'nullable':
      return ['null', draw(fc.constantFrom, ...PRIMITIVES)];
    case 'union': {
      const plain = draw(fc.uniqueArray, fc.constantFrom('null', ...PRIMITIVES), { minLength: 1, maxLength: 4 });
      const more = draw(fc.boolean) ? [recordSchema(draw, named, depth + 1) as unknown as AvroSchema] : [];
      return [...(plain as AvroSchema[]), ...more];
    }
    default:
      return draw(fc.constantFrom, ...PRIMITIVES);
  }
}

/** A value that fits a schema, plain, as decoding gives it back. */
export function anyValueOf(schema: AvroSchema): fc.Arbitrary<unknown> {
  return valueOf(parseAvroType(schema) as unknown as Parsed);
}

const bytes = (size: { minLength?: number; maxLength?: number }): fc.Arbitrary<Buffer> =>
  fc.uint8Array(size).map((array) => Buffer.from(array));

const SCALARS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  null: fc.constant(null),
  boolean: fc.boolean(),
  int: fc.integer(),
  long: fc.oneof(
    fc.integer(),
    fc.integer({ min: -LARGEST_LONG, max: LARGEST_LONG }),
    // Where powers of two and the edges are.
    fc.integer({ min: 0, max: 53 }).chain((bit) => fc.integer({ min: -2, max: 1 }).map((by) => clamped(2 ** bit + by))),
    fc.constantFrom(LARGEST_LONG, -LARGEST_LONG, 2 ** 52, -(2 ** 52), 2 ** 31, -(2 ** 31)),
  ),
  float: fc.float({ noNaN: true }),
  double: fc.double({ noNaN: true }),
  bytes: bytes({ maxLength: 20 }),
  string: fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.constantFrom('__proto__', '\u0000', '😀')),
};

function clamped(value: number): number {
  return Math.max(-LARGEST_LONG, Math.min(LARGEST_LONG, value));
}

function valueOf(type: Parsed): fc.Arbitrary<unknown> {
  switch (type.typeName) {
    case 'record':
      return fc.tuple(...type.fields.map((field) => valueOf(field.type))).map((values) => {
        return Object.fromEntries(type.fields.map(({ name }, at) => [name, values[at]]));
      });
    case 'array':
      return fc.array(valueOf(type.itemsType), { maxLength: 4 });
    case 'map':
      return fc
        .array(fc.tuple(fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor')), valueOf(type.valuesType)), {
          maxLength: 4,
        })
        .map((entries) => Object.fromEntries(entries));
    case 'enum':
      return fc.constantFrom(...type.symbols);
    case 'fixed':
      return bytes({ minLength: type.size, maxLength: type.size });
    case 'union:unwrapped':
      return fc.oneof(...type.types.map(valueOf));
    case 'union:wrapped':
      return fc.oneof(
        ...type.types.map((branch) => {
          const value = valueOf(branch);
          return branch.typeName === 'null' ? value : value.map((inner) => ({ [branch.branchName!]: inner }));
        }),
      );
    default: {
      const scalar = SCALARS[type.typeName.replace(/^logical:/, '')];
      if (scalar === undefined) throw new Error(`no values of ${type.typeName} are known`);
      return scalar;
    }
  }
}

/** Instances of avsc's generated classes as plain objects that can be compared; -0 as 0. */
export function plain(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return { bytes: [...value] };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value !== 'object' || value === null) return value === 0 ? 0 : value;
  return Object.entries(value).map(([key, item]) => [key.toWellFormed(), plain(item)]);
}
