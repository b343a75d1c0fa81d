import type avsc from 'avsc';
import { DoubleType, FloatType, IntType, LongType, type NumberResolver, type Tap } from './avsc-internals.js';

const TWO_27 = 134_217_728;
/** From here on avsc's arithmetic on zigzag numbers is inexact: it would flip the sign of some negative longs. */
const TWO_52 = 4_503_599_627_370_496;
/** avsc's own bounds: beyond them a JavaScript number may not be the long that was written. */
export const LARGEST_LONG = Number.MAX_SAFE_INTEGER - 1;

/** Said by `_read` for a long beyond LARGEST_LONG. */
export const PRECISION_LOSS = 'potential precision loss';

/** Reads a zigzag varint. The sign bit is taken off before the halves are joined, so that nothing exceeds 2^53 unnoticed. */
function readExactLong(tap: Tap): number {
  const { buf } = tap;
  let low = 0;
  let shift = 0;
  let byte: number;
  do {
    byte = buf[tap.pos++]!;
    low |= (byte & 0x7f) << shift;
    shift += 7;
  } while (byte & 0x80 && shift < 28);
  let high = 0;
  if (byte & 0x80) {
    let weight = 1;
    do {
      if (shift >= 70) throw new Error('a long of more than ten bytes');
      byte = buf[tap.pos++]!;
      high += (byte & 0x7f) * weight;
      weight *= 128;
      shift += 7;
    } while (byte & 0x80);
  }
  const magnitude = high * TWO_27 + (low >>> 1);
  return low & 1 ? -magnitude - 1 : magnitude;
}

function writeExactLong(tap: Tap, value: number): void {
  const magnitude = value < 0 ? -value - 1 : value;
  let low = (magnitude % TWO_27) * 2 + (value < 0 ? 1 : 0);
  let high = Math.floor(magnitude / TWO_27);
  for (let group = 0; group < 4; group++) {
    tap.buf[tap.pos++] = (low & 0x7f) | 0x80;
    low >>>= 7;
  }
  while (high >= 128) {
    tap.buf[tap.pos++] = (high % 128) | 0x80;
    high = Math.floor(high / 128);
  }
  tap.buf[tap.pos++] = high;
}

/** avsc's long, exact up to ±(2^53 − 2). */
class ExactLongType extends LongType {
  _read(tap: Tap): number {
    const long = readExactLong(tap);
    if (long > LARGEST_LONG || long < -LARGEST_LONG) throw new Error(PRECISION_LOSS);
    return long;
  }

  override _write(tap: Tap, value: number): void {
    if (Number.isInteger(value) && Math.abs(value) >= TWO_52 && Math.abs(value) <= LARGEST_LONG)
      writeExactLong(tap, value);
    else super._write(tap, value);
  }
}

/** avsc's int, of 32 bits and no more: avsc reads what ten bytes say, which then fits no column and cannot be written again. */
class ExactIntType extends IntType {
  override _read(tap: Tap): number {
    const value = super._read(tap);
    if ((value | 0) !== value) throw new Error('an int of more than 32 bits');
    return value;
  }
}

/** avsc's double, which may also be read from a long. */
class DoubleOfLongType extends DoubleType {
  override _update(resolver: NumberResolver, writer: avsc.Type): void {
    if (writer.typeName === 'long') resolver._read = readExactLong;
    else super._update(resolver, writer);
  }
}

/** avsc's float, which may also be read from a long. */
class FloatOfLongType extends FloatType {
  override _update(resolver: NumberResolver, writer: avsc.Type): void {
    if (writer.typeName === 'long') resolver._read = readExactLong;
    else super._update(resolver, writer);
  }
}

export const exactInt: avsc.Type = new ExactIntType();
export const exactLong: avsc.Type = new ExactLongType();
export const doubleOfLong: avsc.Type = new DoubleOfLongType();
export const floatOfLong: avsc.Type = new FloatOfLongType();
