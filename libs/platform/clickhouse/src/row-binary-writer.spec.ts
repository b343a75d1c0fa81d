import fc from 'fast-check';
import { RowBinaryWriter } from './row-binary-writer.js';
import { decimal, time } from './column-type.js';

const written = (write: (writer: RowBinaryWriter) => void): Buffer => {
  const writer = new RowBinaryWriter();
  write(writer);
  return Buffer.from(writer.bytes());
};

describe('RowBinaryWriter', () => {
  it('writes whole numbers as Int64 exactly', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(written((writer) => writer.int64(value)).readBigInt64LE()).toBe(BigInt(value));
      }),
    );
  });

  it('writes lengths as LEB128', () => {
    expect(written((writer) => writer.length(0))).toEqual(Buffer.from([0]));
    expect(written((writer) => writer.length(127))).toEqual(Buffer.from([127]));
    expect(written((writer) => writer.length(300))).toEqual(Buffer.from([0xac, 0x02]));
    expect(written((writer) => writer.length(2 ** 31 - 1))).toEqual(Buffer.from([0xff, 0xff, 0xff, 0xff, 0x07]));
  });

  it('keeps bytes and text beyond its first buffer', () => {
    const text = 'ä☂'.repeat(50_000);
    const bytes = written((writer) => {
      writer.string(text);
      writer.blob(Buffer.from(text));
    });
    const half = bytes.subarray(0, bytes.length / 2);
    expect(bytes.subarray(bytes.length / 2).equals(half)).toBe(true);
    expect(half.subarray(3).toString()).toBe(text);
  });

  it.each([
    [Buffer.from([0x01, 0x00]), 256n],
    [Buffer.from([0xff]), -1n],
    [Buffer.from([0xff, 0x38]), -200n],
    [Buffer.alloc(0), 0n],
  ])('extends the sign of the decimal %p', (avro, value) => {
    expect(written((writer) => decimal(18, 2).write(writer, avro)).readBigInt64LE()).toBe(value);
  });

  it('holds times that DateTime64 cannot show at its ends', () => {
    const ms = (value: number) => Number(written((writer) => time.write(writer, value)).readBigInt64LE());
    expect(ms(Number.MAX_SAFE_INTEGER)).toBe(Date.UTC(2299, 11, 31, 23, 59, 59, 999));
    expect(ms(-Number.MAX_SAFE_INTEGER)).toBe(Date.UTC(1900, 0, 1));
    expect(ms(831_427_200_000)).toBe(831_427_200_000);
  });
});
