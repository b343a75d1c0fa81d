import avsc from 'avsc';
import type { Codec, Tap } from './avsc-internals.js';

/**
 * Reads the number of items in the next block of an array or map; 0 ends it.
 *
 * avsc believes the count: eight bytes of garbage make it fill an array of 2^50 items and take the process down. No item
 * may be shorter than one byte here, so a count beyond the bytes that are left is a truncated value.
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

/**
 * Whether an item took no bytes: `null`, or a record of nothing else. Such a value is taken for truncated, or some thousand
 * bytes could say that there are thousands of items, again and again, until memory is full. Nobody publishes those.
 */
function isEmptyItem(tap: Tap, before: number): boolean {
  if (tap.pos !== before) return false;
  tap._invalidate();
  return true;
}

export class BoundedArrayType extends avsc.types.ArrayType {
  _read(this: { itemsType: Codec }, tap: Tap): unknown[] {
    const { itemsType } = this;
    let items: unknown[] | undefined;
    let at = 0;
    for (let count = readBlockCount(tap); count > 0; count = readBlockCount(tap)) {
      items ??= new Array<unknown>(count);
      while (count-- > 0) {
        const before = tap.pos;
        items[at++] = itemsType._read(tap);
        if (isEmptyItem(tap, before)) return items;
      }
    }
    return items ?? [];
  }

  _skip(this: { itemsType: Codec }, tap: Tap): void {
    for (let count = readBlockCount(tap); count > 0; count = readBlockCount(tap)) {
      while (count-- > 0) {
        const before = tap.pos;
        this.itemsType._skip(tap);
        if (isEmptyItem(tap, before)) return;
      }
    }
  }
}

export class BoundedMapType extends avsc.types.MapType {
  _read(this: { valuesType: Codec }, tap: Tap): Record<string, unknown> {
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

  _skip(this: { valuesType: Codec }, tap: Tap): void {
    for (let count = readBlockCount(tap); count > 0; count = readBlockCount(tap)) {
      while (count-- > 0) {
        tap.skipString();
        this.valuesType._skip(tap);
      }
    }
  }
}
