import avsc from 'avsc';
import type { AvroSchema } from '#contracts';
import { parseWithLongs } from './avro-type.js';
import { LARGEST_LONG } from './exact-long.js';

const LARGEST = BigInt(LARGEST_LONG);

/** A long type that reads all 64 bits, for saying what was wrong; the hot path never uses it. */
const bigLong = avsc.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(value);
    return bytes;
  },
  fromJSON: BigInt,
  toJSON: String,
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: (a: bigint, b: bigint) => (a === b ? 0 : a < b ? -1 : 1),
} as never);

/**
 * Where a value holds a long that a JavaScript number cannot hold exactly: `field at.nested[3]`, and the long.
 * Undefined when it cannot be found. Slow: the value is decoded a second time.
 */
export function findUnsafeLong(
  writer: avsc.Type,
  value: Buffer,
  bodyAt: number,
): { path: string; long: bigint } | undefined {
  try {
    return search(typeWithLongs(writer).decode(value, bodyAt).value, '');
  } catch {
    return undefined;
  }
}

const withLongs = new WeakMap<avsc.Type, avsc.Type>();

function typeWithLongs(writer: avsc.Type): avsc.Type {
  let type = withLongs.get(writer);
  if (type === undefined) {
    type = parseWithLongs(writer.schema() as AvroSchema, bigLong);
    withLongs.set(writer, type);
  }
  return type;
}

function search(value: unknown, path: string): { path: string; long: bigint } | undefined {
  if (typeof value === 'bigint') return value > LARGEST || value < -LARGEST ? { path, long: value } : undefined;
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return undefined;
  if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) {
      const found = search(item, `${path}[${at}]`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  const isUnionBranch = value.constructor.name === 'Branch$';
  for (const [name, item] of Object.entries(value)) {
    const found = search(item, isUnionBranch ? path : path === '' ? name : `${path}.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
