import type { RowBinaryReader } from './row-binary-reader.js';
import type { RowBinaryWriter } from './row-binary-writer.js';

/** A ClickHouse type, and how a JavaScript value of it is written. `undefined` is written as null where null is allowed. */
export interface ColumnType<T = unknown> {
  /** As `system.columns` spells it. */
  readonly sql: string;
  write(writer: RowBinaryWriter, value: T): void;
  /** The value that was written, a T; what was clamped to be written comes back clamped. */
  read(reader: RowBinaryReader): unknown;
}

const type = <T>(
  sql: string,
  write: (writer: RowBinaryWriter, value: T) => void,
  read: (reader: RowBinaryReader) => unknown,
): ColumnType<T> => ({ sql, write, read });

export const bool = type<boolean>(
  'Bool',
  (writer, value) => writer.uint8(value ? 1 : 0),
  (reader) => reader.uint8() !== 0,
);
export const uint16 = type<number>(
  'UInt16',
  (writer, value) => writer.uint16(Math.min(Math.max(value, 0), 65_535)),
  (reader) => reader.uint16(),
);
export const uint32 = type<number>(
  'UInt32',
  (writer, value) => writer.uint32(value),
  (reader) => reader.uint32(),
);
/** Exact up to 2^53; a bigint up to 2^64, which is read back as a number where that is exact. */
export const uint64 = type<number | bigint>(
  'UInt64',
  (writer, value) => writer.uint64(value),
  (reader) => reader.uint64(),
);
export const int32 = type<number>(
  'Int32',
  (writer, value) => writer.int32(value),
  (reader) => reader.int32(),
);
export const int64 = type<number>(
  'Int64',
  (writer, value) => writer.int64(value),
  (reader) => reader.int64(),
);
export const float32 = type<number>(
  'Float32',
  (writer, value) => writer.float32(value),
  (reader) => reader.float32(),
);
/** NaN and infinities are kept. */
export const float64 = type<number>(
  'Float64',
  (writer, value) => writer.float64(value),
  (reader) => reader.float64(),
);
export const string = type<string>(
  'String',
  (writer, value) => writer.string(value),
  (reader) => reader.string(),
);
export const blob = type<Buffer>(
  'String',
  (writer, value) => writer.blob(value),
  (reader) => reader.blob(),
);

/** DateTime64 shows dates from 1900 to 2299 and wraps around beyond them. */
const EARLIEST_MS = Date.UTC(1900, 0, 1);
const LATEST_MS = Date.UTC(2299, 11, 31, 23, 59, 59, 999);

/** Milliseconds since the epoch. A time beyond DateTime64's range becomes its first or last instant: wrong, and plainly so. */
export const time = type<number>(
  "DateTime64(3, 'UTC')",
  (writer, ms) => writer.int64(Math.min(Math.max(Math.trunc(ms), EARLIEST_MS), LATEST_MS)),
  (reader) => reader.int64(),
);
/** Microseconds since the epoch; clamped as `time`. */
export const microTime = type<number>(
  "DateTime64(6, 'UTC')",
  (writer, us) => writer.int64(Math.min(Math.max(Math.trunc(us), EARLIEST_MS * 1_000), LATEST_MS * 1_000)),
  (reader) => reader.int64(),
);

const EARLIEST_DAY = EARLIEST_MS / 86_400_000;
const LATEST_DAY = Math.floor(LATEST_MS / 86_400_000);

/** Days since the epoch; clamped as `time`. */
export const date = type<number>(
  'Date32',
  (writer, days) => writer.int32(Math.min(Math.max(days, EARLIEST_DAY), LATEST_DAY)),
  (reader) => reader.int32(),
);

/**
 * Avro's decimal: two's complement, big endian. `precision` up to 76.
 *
 * @param fixedBytes as many bytes are read back: the size of an Avro fixed. Left out: as few as hold the value
 */
export function decimal(precision: number, scale: number, fixedBytes?: number): ColumnType<Buffer> {
  const sizeBytes = precision <= 9 ? 4 : precision <= 18 ? 8 : precision <= 38 ? 16 : 32;
  return type(
    `Decimal(${precision}, ${scale})`,
    (writer, value) => writer.decimal(value, sizeBytes),
    (reader) => {
      const least = reader.decimal(sizeBytes);
      if (fixedBytes === undefined || least.length >= fixedBytes) return least;
      return Buffer.concat([Buffer.alloc(fixedBytes - least.length, least[0]! >= 0x80 ? 0xff : 0x00), least]);
    },
  );
}

export function nullable<T>(of: ColumnType<T>): ColumnType<T | null | undefined> {
  return type(
    `Nullable(${of.sql})`,
    (writer, value) => {
      if (value === null || value === undefined) return writer.uint8(1);
      writer.uint8(0);
      of.write(writer, value);
    },
    (reader) => (reader.uint8() === 1 ? null : of.read(reader)),
  );
}

/** For strings of at most some thousand different values. */
export function lowCardinality<T>(of: ColumnType<T>): ColumnType<T> {
  return type(`LowCardinality(${of.sql})`, of.write, of.read);
}

/** Null is stored, and read back, as empty. */
export function array<T>(of: ColumnType<T>): ColumnType<readonly T[] | null | undefined> {
  return type(
    `Array(${of.sql})`,
    (writer, values) => {
      writer.length(values?.length ?? 0);
      if (values) for (const value of values) of.write(writer, value);
    },
    (reader) => Array.from({ length: reader.length() }, () => of.read(reader)),
  );
}

/** Null is stored, and read back, as empty. */
export function map<T>(of: ColumnType<T>): ColumnType<Readonly<Record<string, T>> | null | undefined> {
  return type(
    `Map(String, ${of.sql})`,
    (writer, entries) => {
      const all = Object.entries(entries ?? {});
      writer.length(all.length);
      for (const [key, value] of all) {
        writer.string(key);
        of.write(writer, value);
      }
    },
    // From entries, as a key may be called `__proto__`.
    (reader) =>
      Object.fromEntries(Array.from({ length: reader.length() }, () => [reader.string(), of.read(reader)] as const)),
  );
}

export function tuple<T extends object>(parts: { readonly [K in keyof T]: ColumnType<T[K]> }): ColumnType<T> {
  const all = Object.entries(parts) as [keyof T & string, ColumnType][];
  return type(
    `Tuple(${all.map(([name, { sql }]) => `${name} ${sql}`).join(', ')})`,
    (writer, value) => {
      for (const [name, part] of all) part.write(writer, value[name]);
    },
    (reader) => Object.fromEntries(all.map(([name, part]) => [name, part.read(reader)])),
  );
}
