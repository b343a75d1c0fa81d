import avsc from 'avsc';
import type { AvroSchema } from '#contracts';

/** The parts of avsc's reader that the overrides below touch; avsc is pinned exactly because of them. */
interface Tap {
  readonly buf: Buffer;
  pos: number;
  readLong(): number;
  skipLong(): void;
  readString(): string;
  skipString(): void;
  _invalidate(): void;
}

interface Reading {
  _read(tap: Tap): unknown;
  _skip(tap: Tap): void;
}

/**
 * Reads the number of items in the next block of an array or map; 0 ends it.
 *
 * avsc believes the count: eight bytes of garbage make it fill an array of 2^50 items and take the process down. No item
 * may be shorter than one byte here, so a count beyond the bytes that are left is a truncated value. (Arrays of `null`,
 * whose items take no bytes, are refused with it; nobody publishes those.)
 */
function readBlockCount(tap: Tap): number {
  let count = tap.readLong();
  if (count < 0) {
    count = -count;
    tap.skipLong(); // The block's size in bytes: a hint for skipping, which a hostile writer may set to anything.
  }
  if (count > tap.buf.length - tap.pos) {
    tap._invalidate();
    return 0;
  }
  return count;
}

class BoundedArrayType extends avsc.types.ArrayType {
  _read(this: { itemsType: Reading }, tap: Tap): unknown[] {
    const { itemsType } = this;
    let items: unknown[] | undefined;
    let at = 0;
    for (let count = readBlockCount(tap); count > 0; count = readBlockCount(tap)) {
      items ??= new Array<unknown>(count);
      while (count-- > 0) items[at++] = itemsType._read(tap);
    }
    return items ?? [];
  }

  _skip(this: { itemsType: Reading }, tap: Tap): void {
    for (let count = readBlockCount(tap); count > 0; count = readBlockCount(tap)) {
      while (count-- > 0) this.itemsType._skip(tap);
    }
  }
}

class BoundedMapType extends avsc.types.MapType {
  _read(this: { valuesType: Reading }, tap: Tap): Record<string, unknown> {
    const { valuesType } = this;
    const entries: Record<string, unknown> = {};
    for (let count = readBlockCount(tap); count > 0; count = readBlockCount(tap)) {
      while (count-- > 0) {
        const key = tap.readString();
        const value = valuesType._read(tap);
        if (key !== '__proto__') entries[key] = value;
        // Assigning it would change the object's prototype instead of adding an entry.
        else Object.defineProperty(entries, key, { value, enumerable: true, configurable: true, writable: true });
      }
    }
    return entries;
  }

  _skip(this: { valuesType: Reading }, tap: Tap): void {
    for (let count = readBlockCount(tap); count > 0; count = readBlockCount(tap)) {
      while (count-- > 0) {
        tap.skipString();
        this.valuesType._skip(tap);
      }
    }
  }
}

function boundedCollections(schema: avsc.Schema, options: avsc.ForSchemaOptions): avsc.Type | undefined {
  const kind = (schema as { type?: unknown } | null)?.type;
  if (kind === 'array') return new BoundedArrayType(schema, options);
  if (kind === 'map') return new BoundedMapType(schema, options);
  return undefined;
}

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
  return avsc.Type.forSchema(structuredClone(schema) as avsc.Schema, {
    registry: {},
    wrapUnions: 'auto',
    typeHook: boundedCollections,
    omitRecordMethods: true,
  });
}
