import fc from 'fast-check';
import type { AvroRecordSchema, AvroSchema } from '#contracts';
import { columnTypesOf } from './avro-column-type.js';
import * as types from './column-type.js';
import type { ColumnType } from './column-type.js';
import { RowBinaryReader, RowBinaryTruncated } from './row-binary-reader.js';
import { RowBinaryWriter } from './row-binary-writer.js';

const RUNS = fc.readConfigureGlobal().numRuns ?? 100;

const EARLIEST_MS = Date.UTC(1900, 0, 1);
const LATEST_MS = Date.UTC(2299, 11, 31, 23, 59, 59, 999);
const LARGEST = Number.MAX_SAFE_INTEGER - 1;

const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('', '__proto__', '\0', "'", '\\', 'x'.repeat(200)),
);
const bytes = (size: { minLength?: number; maxLength?: number } = { maxLength: 20 }) =>
  fc.uint8Array(size).map((array) => Buffer.from(array));
const long = fc.oneof(
  fc.integer({ min: -LARGEST, max: LARGEST }),
  fc.constantFrom(0, -1, 2 ** 32, -(2 ** 32), 2 ** 32 - 1, LARGEST, -LARGEST),
);
const float = fc.float();
const double = fc.oneof(fc.double(), fc.constantFrom(-0, Number.NaN, Number.POSITIVE_INFINITY, 5e-324));
/** Two's complement in as few bytes as hold it. */
const decimalOf = (digits: number) =>
  fc.bigInt({ min: -(10n ** BigInt(digits)) + 1n, max: 10n ** BigInt(digits) - 1n }).map(twosComplement);

function twosComplement(value: bigint): Buffer {
  let size = 1;
  while (value < -(1n << BigInt(8 * size - 1)) || value >= 1n << BigInt(8 * size - 1)) size++;
  const hex = BigInt.asUintN(8 * size, value).toString(16);
  return Buffer.from(hex.padStart(2 * size, '0'), 'hex');
}

/** Types with what is written in them. */
const SCALARS: readonly (readonly [ColumnType<never>, fc.Arbitrary<unknown>])[] = [
  [types.bool, fc.boolean()],
  [types.uint16, fc.integer({ min: 0, max: 65_535 })],
  [types.uint32, fc.integer({ min: 0, max: 2 ** 32 - 1 })],
  [types.uint64, fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })],
  [types.uint64, fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n })],
  [types.int32, fc.integer()],
  [types.int64, long],
  [types.float32, float],
  [types.float64, double],
  [types.string, text],
  [types.blob, bytes()],
  [types.time, fc.integer({ min: EARLIEST_MS, max: LATEST_MS })],
  [types.microTime, fc.integer({ min: EARLIEST_MS, max: LATEST_MS }).map((ms) => ms * 1_000)],
  [types.date, fc.integer({ min: -25_567, max: 120_529 })],
  [types.decimal(9, 2), decimalOf(9)],
  [types.decimal(18, 0), decimalOf(18)],
  [types.decimal(38, 4), decimalOf(38)],
  [types.decimal(76, 0), decimalOf(76)],
];

interface Sample {
  readonly type: ColumnType;
  readonly value: unknown;
}

const anySample: fc.Arbitrary<Sample> = fc.constantFrom(...SCALARS).chain(([scalar, values]) => {
  const type = scalar as ColumnType;
  const plain = values.map((value): Sample => ({ type, value }));
  const nullable = fc.option(values).map((value): Sample => ({ type: types.nullable(type) as ColumnType, value }));
  const array = fc
    .array(values, { maxLength: 4 })
    .map((value): Sample => ({ type: types.array(type) as ColumnType, value }));
  const map = fc
    .array(fc.tuple(text, values), { maxLength: 4 })
    .map((entries): Sample => ({ type: types.map(type) as ColumnType, value: Object.fromEntries(entries) }));
  const tuple = fc
    .tuple(values, text)
    .map(([a, b]): Sample => ({ type: types.tuple({ a: type, b: types.string }) as ColumnType, value: { a, b } }));
  return fc.oneof(plain, nullable, array, map, tuple);
});

function written(samples: readonly Sample[]): Buffer {
  const writer = new RowBinaryWriter();
  for (const { type, value } of samples) type.write(writer, value);
  return Buffer.from(writer.bytes());
}

describe('what a column type has written', () => {
  it('it reads back, and not a byte more', () => {
    fc.assert(
      fc.property(fc.array(anySample, { minLength: 1, maxLength: 8 }), (samples) => {
        const reader = new RowBinaryReader(written(samples));
        for (const { type, value } of samples) expect(type.read(reader)).toEqual(value);
        expect(reader.isAtEnd).toBe(true);
      }),
      { numRuns: 20 * RUNS },
    );
  });

  it('is never read beyond where it was cut off', () => {
    fc.assert(
      fc.property(fc.array(anySample, { minLength: 1, maxLength: 4 }), fc.nat(), (samples, at) => {
        const all = written(samples);
        const reader = new RowBinaryReader(all.subarray(0, at % Math.max(1, all.length)));
        if (all.length === 0) return;
        expect(() => {
          for (const { type } of samples) type.read(reader);
        }).toThrow(RowBinaryTruncated);
      }),
      { numRuns: 5 * RUNS },
    );
  });
});

/**
 * Keys of maps within JSON. Without the backslash: once V8 (in Node 24.21) has parsed an object with the key "\\", it reads
 * any key that begins with an escape at the same place of a like object as that one.
 */
const key = text.filter((name) => !name.includes('\\'));

/** Avro fields with their values as decoding gives them: wrapped where branches of a union look alike. */
const FIELDS: readonly (readonly [AvroSchema, fc.Arbitrary<unknown>])[] = [
  ['boolean', fc.boolean()],
  ['long', long],
  ['bytes', bytes()],
  [{ type: 'fixed', name: 'F', size: 3 }, bytes({ minLength: 3, maxLength: 3 })],
  [{ type: 'enum', name: 'E', symbols: ['A', 'B'] }, fc.constantFrom('A', 'B')],
  [
    { type: 'fixed', name: 'D', size: 6, logicalType: 'decimal', precision: 9, scale: 2 } as AvroSchema,
    decimalOf(9).map(sixBytes),
  ],
  [['null', { type: 'long', logicalType: 'timestamp-millis' }], fc.option(fc.integer({ min: 0, max: 2e12 }))],
  [{ type: 'array', items: ['null', 'double'] }, fc.array(fc.option(double))],
  [{ type: 'map', values: 'string' }, fc.dictionary(text, text)],
  [
    ['string', 'double'],
    fc.oneof(
      text.filter((t) => !/^(NaN|-?Infinity)$/.test(t)),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    ),
  ],
  [
    ['null', 'int', 'double'],
    fc.oneof(
      fc.constant(null),
      fc.integer().map((int) => ({ int })),
      double.map((d) => ({ double: d })),
    ),
  ],
  [
    {
      type: 'record',
      name: 'R',
      fields: [
        { name: 'raw', type: ['null', 'bytes'] },
        { name: 'x', type: 'double' },
        {
          name: 'again',
          type: { type: 'array', items: { type: 'record', name: 'S', fields: [{ name: 'b', type: 'bytes' }] } },
        },
        { name: 'named', type: { type: 'map', values: 'S' } },
      ],
    },
    fc.record({
      raw: fc.option(bytes()),
      x: double.map((x) => x + 0),
      again: fc.array(fc.record({ b: bytes() }), { maxLength: 3 }),
      named: fc.dictionary(key, fc.record({ b: bytes() }), { maxKeys: 3 }),
    }),
  ],
  [
    { type: 'array', items: { type: 'array', items: 'bytes' } },
    fc.array(fc.array(bytes(), { maxLength: 3 }), { maxLength: 3 }),
  ],
];

function sixBytes(value: Buffer): Buffer {
  return Buffer.concat([Buffer.alloc(6 - value.length, value[0]! >= 0x80 ? 0xff : 0), value]);
}

describe('a field of an event', () => {
  it.each(FIELDS.map(([schema, values]) => [JSON.stringify(schema), schema, values] as const))(
    'of the type %s comes back as it was',
    (_text, schema, values) => {
      const record: AvroRecordSchema = { type: 'record', name: 'Event', fields: [{ name: 'f', type: schema }] };
      const type = columnTypesOf(record).get('f')!;
      fc.assert(
        fc.property(values, (value) => {
          const reader = new RowBinaryReader(written([{ type, value }]));
          // JSON, as which records and unions are stored, has no −0.
          expect(withoutMinusZero(type.read(reader))).toEqual(withoutMinusZero(value));
          expect(reader.isAtEnd).toBe(true);
        }),
        { numRuns: 3 * RUNS },
      );
    },
  );
});

function withoutMinusZero(value: unknown): unknown {
  if (typeof value === 'number') return value + 0;
  if (Buffer.isBuffer(value) || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutMinusZero);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutMinusZero(item)]));
}
