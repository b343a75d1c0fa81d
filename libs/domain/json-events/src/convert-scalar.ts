import { shown, type Convert } from './conversion.js';
import { parseIsoMicros } from './iso-time.js';
import { didYouMean } from '#domain/spelling';

const LARGEST_INT = 2 ** 31 - 1;
/** A JavaScript number holds every whole number up to here, less one: the bound of the Avro encoder. */
const LARGEST_LONG = Number.MAX_SAFE_INTEGER - 1;
const LARGEST_FLOAT = 3.4028234663852886e38;
const MS_PER_DAY = 86_400_000;

/** Bytes as the Avro encoder wants them (a Buffer in Node.js). */
export type BytesFactory = (bytes: Uint8Array) => unknown;

export const convertString: Convert = (value, conversion) => {
  if (typeof value === 'string') return value;
  const cure = typeof value === 'number' || typeof value === 'boolean' ? ' (put it in quotes)' : '';
  return conversion.fail('type', `must be a string, not ${shown(value)}${cure}`);
};

export const convertBoolean: Convert = (value, conversion) =>
  typeof value === 'boolean' ? value : conversion.fail('type', `must be true or false, not ${shown(value)}`);

export const convertDouble: Convert = (value, conversion) => {
  if (typeof value !== 'number') return conversion.fail('type', `must be a number, not ${shown(value)}`);
  return Number.isFinite(value) ? value : conversion.fail('not_finite', 'must be a finite number');
};

export const convertFloat: Convert = (value, conversion) => {
  const number = convertDouble(value, conversion);
  if (typeof number !== 'number' || Math.abs(number) <= LARGEST_FLOAT) return number;
  return conversion.fail('range', `${number} does not fit into a 32-bit float`);
};

function integer(largest: number, bits: string): Convert {
  return (value, conversion) => {
    if (typeof value !== 'number') return conversion.fail('type', `must be a whole number, not ${shown(value)}`);
    if (!Number.isFinite(value)) return conversion.fail('not_finite', 'must be a finite number');
    if (!Number.isInteger(value)) return conversion.fail('type', `must be a whole number, not ${value}`);
    // -2^31 is an int; for longs both bounds are ours.
    if (value > largest || value < (largest === LARGEST_INT ? -largest - 1 : -largest)) {
      return conversion.fail('range', `${value} is outside of what ${bits}`);
    }
    return value;
  };
}

export const convertInt = integer(LARGEST_INT, 'a 32-bit int holds');
export const convertLong = integer(LARGEST_LONG, 'JSON numbers hold exactly (2^53)');

/** `timestamp-millis` and `timestamp-micros`: an epoch number in the schema's unit, or ISO 8601. */
export function timestamp(microsPerUnit: 1 | 1000): Convert {
  return (value, conversion) => {
    if (typeof value === 'number') return convertLong(value, conversion);
    const unit = microsPerUnit === 1000 ? 'milliseconds' : 'microseconds';
    if (typeof value !== 'string') {
      return conversion.fail('type', `must be a time in ISO 8601 or in ${unit} since 1970, not ${shown(value)}`);
    }
    const parsed = parseIsoMicros(value);
    if ('wrong' in parsed) return conversion.fail('type', `${shown(value)} ${parsed.wrong}`);
    return Math.floor(parsed.micros / microsPerUnit);
  };
}

/** Days since 1970, or `YYYY-MM-DD`. */
export const convertDate: Convert = (value, conversion) => {
  if (typeof value === 'number') return convertInt(value, conversion);
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value)) {
    return conversion.fail('type', `must be a date such as 2026-01-31 or days since 1970, not ${shown(value)}`);
  }
  const parsed = parseIsoMicros(value);
  if ('wrong' in parsed) return conversion.fail('type', `${shown(value)} ${parsed.wrong}`);
  return parsed.micros / 1000 / MS_PER_DAY;
};

export function enumeration(symbols: readonly string[]): Convert {
  const known = new Set(symbols);
  return (value, conversion) => {
    if (typeof value !== 'string')
      return conversion.fail('type', `must be one of ${listOf(symbols)}, not ${shown(value)}`);
    if (known.has(value)) return value;
    return conversion.fail('set', `${shown(value)} is not one of ${listOf(symbols)}${didYouMean(value, symbols)}`);
  };
}

/** Base64, with or without padding, also in the alphabet for URLs. @param size of a `fixed`, in bytes */
export function bytes(factory: BytesFactory, size?: number): Convert {
  return (value, conversion) => {
    if (typeof value !== 'string') return conversion.fail('type', `must be base64 in a string, not ${shown(value)}`);
    const text = value.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '');
    if (!/^[A-Za-z0-9+/]*$/.test(text) || text.length % 4 === 1) {
      return conversion.fail('type', `${shown(value)} is not base64`);
    }
    const decoded = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    if (size !== undefined && decoded.length !== size) {
      return conversion.fail('range', `must be ${size} bytes, not ${decoded.length}`);
    }
    return factory(decoded);
  };
}

function listOf(symbols: readonly string[]): string {
  const first = symbols.slice(0, 10).join(', ');
  return symbols.length > 10 ? `${first}, … (${symbols.length} in all)` : first;
}
