import fc from 'fast-check';
import type { AvroSchema } from '#contracts';
import { parseAvroType } from './avro-type.js';
import { LARGEST_LONG } from './exact-long.js';

const long = parseAvroType('long');

/** By the specification, with integers of any size. */
function zigzag(value: bigint): Buffer {
  let rest = value < 0n ? -value * 2n - 1n : value * 2n;
  const bytes: number[] = [];
  while (rest >= 128n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return Buffer.from([...bytes, Number(rest)]);
}

const anyLong = fc.oneof(
  fc.integer({ min: -LARGEST_LONG, max: LARGEST_LONG }),
  fc.integer({ min: -100_000, max: 100_000 }),
  fc.constantFrom(
    -(2 ** 52) - 1,
    -(2 ** 52),
    2 ** 52,
    2 ** 31,
    -(2 ** 31),
    2 ** 28,
    -(2 ** 27),
    LARGEST_LONG,
    -LARGEST_LONG,
  ),
);

describe('long', () => {
  it('is written and read exactly as the specification says', () => {
    fc.assert(
      fc.property(anyLong, (value) => {
        expect(long.toBuffer(value)).toEqual(zigzag(BigInt(value)));
        expect(long.fromBuffer(zigzag(BigInt(value)))).toBe(value === 0 ? 0 : value);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is refused where a number would not be the long that was written', () => {
    for (const value of [2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n)]) {
      expect(() => long.fromBuffer(zigzag(value)) as unknown).toThrow('potential precision loss');
    }
  });

  it.each<AvroSchema>(['double', 'float'])('keeps its sign where it is read as %s', (schema) => {
    const reader = parseAvroType(schema);
    const resolver = reader.createResolver(long);
    const value = -(2 ** 52) - 1;
    expect(reader.fromBuffer(zigzag(BigInt(value)), resolver)).toBe(value);
  });
});

describe('an int', () => {
  it('of more than 32 bits is refused', () => {
    const type = parseAvroType({ type: 'record', name: 'R', fields: [{ name: 'a', type: 'int' }] } as never);
    expect(() => type.fromBuffer(Buffer.from([128, 128, 128, 128, 16]))).toThrow('an int of more than 32 bits');
  });
});
