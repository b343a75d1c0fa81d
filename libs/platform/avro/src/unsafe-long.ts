import avsc from 'avsc';

/** Largest magnitude that a JavaScript number holds exactly, less one: avsc's own bound. */
const LARGEST = BigInt(Number.MAX_SAFE_INTEGER) - 1n;

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
    const type = avsc.Type.forSchema(writer.schema() as avsc.Schema, {
      registry: { long: bigLong },
      wrapUnions: 'always',
      omitRecordMethods: true,
    });
    return search(type.decode(value, bodyAt).value, '');
  } catch {
    return undefined;
  }
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
