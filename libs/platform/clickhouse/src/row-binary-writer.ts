const INITIAL_BYTES = 65_536;
const TWO_32 = 4_294_967_296;

/** A growing buffer of values in ClickHouse's RowBinary encoding: little endian, strings with a LEB128 length before them. */
export class RowBinaryWriter {
  private buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  private at = 0;

  /** What was written so far; valid until the next write. */
  bytes(): Buffer {
    return this.buffer.subarray(0, this.at);
  }

  uint8(value: number): void {
    this.reserve(1);
    this.buffer[this.at++] = value;
  }

  uint16(value: number): void {
    this.reserve(2);
    this.at = this.buffer.writeUInt16LE(value, this.at);
  }

  uint32(value: number): void {
    this.reserve(4);
    this.at = this.buffer.writeUInt32LE(value, this.at);
  }

  /** @param value a number that is exact up to 2^53, or a bigint up to 2^64 */
  uint64(value: number | bigint): void {
    this.reserve(8);
    this.at = this.buffer.writeBigUInt64LE(BigInt(value), this.at);
  }

  int32(value: number): void {
    this.reserve(4);
    this.at = this.buffer.writeInt32LE(value | 0, this.at);
  }

  /** @param value an integer; exact up to ±2^53 */
  int64(value: number): void {
    this.reserve(8);
    const high = Math.floor(value / TWO_32);
    this.buffer.writeUInt32LE(value - high * TWO_32, this.at);
    this.buffer.writeInt32LE(high, this.at + 4);
    this.at += 8;
  }

  float32(value: number): void {
    this.reserve(4);
    this.at = this.buffer.writeFloatLE(value, this.at);
  }

  float64(value: number): void {
    this.reserve(8);
    this.at = this.buffer.writeDoubleLE(value, this.at);
  }

  /** Two's complement, `sizeBytes` long, sign-extended; `value` is big endian, as Avro writes decimals. */
  decimal(value: Buffer, sizeBytes: number): void {
    this.reserve(sizeBytes);
    const sign = value.length > 0 && value[0]! >= 0x80 ? 0xff : 0x00;
    for (let i = 0; i < sizeBytes; i++) {
      const from = value.length - 1 - i;
      this.buffer[this.at++] = from >= 0 ? value[from]! : sign;
    }
  }

  /** Unsigned LEB128: lengths and counts. */
  length(value: number): void {
    this.reserve(5);
    while (value >= 0x80) {
      this.buffer[this.at++] = (value & 0x7f) | 0x80;
      value >>>= 7;
    }
    this.buffer[this.at++] = value;
  }

  string(value: string): void {
    const sizeBytes = Buffer.byteLength(value);
    this.length(sizeBytes);
    this.reserve(sizeBytes);
    this.at += this.buffer.write(value, this.at, sizeBytes, 'utf8');
  }

  /** Bytes as they are; ClickHouse's String holds any. */
  blob(value: Buffer): void {
    this.length(value.length);
    this.reserve(value.length);
    this.at += value.copy(this.buffer, this.at);
  }

  private reserve(sizeBytes: number): void {
    const needed = this.at + sizeBytes;
    if (needed <= this.buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2));
    this.buffer.copy(larger, 0, 0, this.at);
    this.buffer = larger;
  }
}
