import type avsc from 'avsc';
import { WIRE_HEADER_BYTES } from './wire-format.js';

const INITIAL_BYTES = 4_096;
/** A buffer that one giant value grew is not kept. */
const LARGEST_KEPT_BYTES = 1_048_576;

/**
 * Makes a function that encodes values of one schema in the wire format. Values are written to a buffer that is kept
 * and grown, then copied out: one allocation per value, and the result is the caller's to keep.
 *
 * The function throws InvalidAvroValue, naming the path, when a value does not fit the schema.
 */
export function createEncoder(type: avsc.Type, id: number): (value: unknown) => Buffer {
  let scratch = headed(INITIAL_BYTES, id);
  return function encode(value: unknown): Buffer {
    let end = write(type, value, scratch);
    if (end < 0) {
      // avsc answers how many bytes were missing.
      const larger = headed(Math.max(scratch.length * 2, scratch.length - end), id);
      end = write(type, value, larger);
      if (larger.length <= LARGEST_KEPT_BYTES) scratch = larger;
      return copyOf(larger, end);
    }
    return copyOf(scratch, end);
  };
}

/** Thrown when a value does not fit the schema under which it is to be written: a bug of the caller, or a bad input. */
export class InvalidAvroValue extends Error {
  override readonly name = 'InvalidAvroValue';

  constructor(
    /** Dotted path of the first part that does not fit; empty: the value itself. */
    readonly path: string,
    message: string,
  ) {
    super(message);
  }
}

function headed(size: number, id: number): Buffer {
  const buffer = Buffer.allocUnsafeSlow(size);
  buffer[0] = 0;
  buffer.writeInt32BE(id, 1);
  return buffer;
}

function copyOf(buffer: Buffer, end: number): Buffer {
  const copy = Buffer.allocUnsafe(end);
  buffer.copy(copy, 0, 0, end);
  return copy;
}

function write(type: avsc.Type, value: unknown, buffer: Buffer): number {
  try {
    return type.encode(value, buffer, WIRE_HEADER_BYTES);
  } catch (error) {
    throw explain(type, value, error as Error);
  }
}

function explain(type: avsc.Type, value: unknown, error: Error): Error {
  let path: string | undefined;
  let expected = '';
  let found = '';
  type.isValid(value, {
    errorHook: (at, part, expectedType) => {
      if (path !== undefined) return;
      path = at.join('.');
      expected = describeType(expectedType);
      found = describeValue(part);
    },
  });
  if (path === undefined) return error;
  const where = path === '' ? 'the value' : `"${path}"`;
  return new InvalidAvroValue(path, `${where} of ${type.name ?? type.typeName} must be ${expected}, not ${found}`);
}

function describeType(type: avsc.Type): string {
  const schema = type.schema({ noDeref: true });
  return typeof schema === 'string' ? schema : JSON.stringify(schema);
}

/** The kind of a value, never the value: it may be personal data, and messages end in logs. */
function describeValue(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Buffer.isBuffer(value)) return 'bytes';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a fraction';
  return `a value of type ${typeof value}`;
}
