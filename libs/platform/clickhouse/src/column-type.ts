import type { RowBinaryWriter } from './row-binary-writer.js';

/** A ClickHouse type, and how a JavaScript value of it is written. `undefined` is written as null where null is allowed. */
export interface ColumnType<T = unknown> {
  /** As `system.columns` spells it. */
  readonly sql: string;
  write(writer: RowBinaryWriter, value: T): void;
}

const type = <T>(sql: string, write: (writer: RowBinaryWriter, value: T) => void): ColumnType<T> => ({ sql, write });

export const bool = type<boolean>('Bool', (writer, value) => writer.uint8(value ? 1 : 0));
export const uint16 = type<number>('UInt16', (writer, value) => writer.uint16(Math.min(Math.max(value, 0), 65_535)));
export const int32 = type<number>('Int32', (writer, value) => writer.int32(value));
export const int64 = type<number>('Int64', (writer, value) => writer.int64(value));
export const float32 = type<number>('Float32', (writer, value) => writer.float32(value));
/** NaN and infinities are kept. */
export const float64 = type<number>('Float64', (writer, value) => writer.float64(value));
export const string = type<string>('String', (writer, value) => writer.string(value));
export const blob = type<Buffer>('String', (writer, value) => writer.blob(value));

/** DateTime64 shows dates from 1900 to 2299 and wraps around beyond them. */
const EARLIEST_MS = Date.UTC(1900, 0, 1);
const LATEST_MS = Date.UTC(2299, 11, 31, 23, 59, 59, 999);

/** Milliseconds since the epoch. A time beyond DateTime64's range becomes its first or last instant: wrong, and plainly so. */
export const time = type<number>("DateTime64(3, 'UTC')", (writer, ms) =>
  writer.int64(Math.min(Math.max(Math.trunc(ms), EARLIEST_MS), LATEST_MS)),
);
/** Microseconds since the epoch; clamped as `time`. */
export const microTime = type<number>("DateTime64(6, 'UTC')", (writer, us) =>
  writer.int64(Math.min(Math.max(Math.trunc(us), EARLIEST_MS * 1_000), LATEST_MS * 1_000)),
);

const EARLIEST_DAY = EARLIEST_MS / 86_400_000;
const LATEST_DAY = Math.floor(LATEST_MS / 86_400_000);

/** Days since the epoch; clamped as `time`. */
export const date = type<number>('Date32', (writer, days) =>
  writer.int32(Math.min(Math.max(days, EARLIEST_DAY), LATEST_DAY)),
);

/** Avro's decimal: two's complement, big endian. `precision` up to 76. */
export function decimal(precision: number, scale: number): ColumnType<Buffer> {
  const sizeBytes = precision <= 9 ? 4 : precision <= 18 ? 8 : precision <= 38 ? 16 : 32;
  return type(`Decimal(${precision}, ${scale})`, (writer, value) => writer.decimal(value, sizeBytes));
}

export function nullable<T>(of: ColumnType<T>): ColumnType<T | null | undefined> {
  return type(`Nullable(${of.sql})`, (writer, value) => {
    if (value === null || value === undefined) return writer.uint8(1);
    writer.uint8(0);
    of.write(writer, value);
  });
}

/** For strings of at most some thousand different values. */
export function lowCardinality<T>(of: ColumnType<T>): ColumnType<T> {
  return type(`LowCardinality(${of.sql})`, of.write);
}

export function array<T>(of: ColumnType<T>): ColumnType<readonly T[] | null | undefined> {
  return type(`Array(${of.sql})`, (writer, values) => {
    writer.length(values?.length ?? 0);
    if (values) for (const value of values) of.write(writer, value);
  });
}

export function map<T>(of: ColumnType<T>): ColumnType<Readonly<Record<string, T>> | null | undefined> {
  return type(`Map(String, ${of.sql})`, (writer, entries) => {
    const all = Object.entries(entries ?? {});
    writer.length(all.length);
    for (const [key, value] of all) {
      writer.string(key);
      of.write(writer, value);
    }
  });
}

export function tuple<T extends object>(parts: { readonly [K in keyof T]: ColumnType<T[K]> }): ColumnType<T> {
  const all = Object.entries(parts) as [keyof T & string, ColumnType][];
  return type(`Tuple(${all.map(([name, { sql }]) => `${name} ${sql}`).join(', ')})`, (writer, value) => {
    for (const [name, part] of all) part.write(writer, value[name]);
  });
}
