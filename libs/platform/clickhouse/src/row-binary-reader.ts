const TWO_32 = 4_294_967_296;

/** Thrown when the bytes end within a value: the answer was cut off, or is not of the columns that were asked for. */
export class RowBinaryTruncated extends Error {
  override readonly name = 'RowBinaryTruncated';
}

/** Reads values in ClickHouse's RowBinary encoding, in the order in which RowBinaryWriter wrote them. */
export class RowBinaryReader {
  private at = 0;

  constructor(private readonly buffer: Buffer) {}

  get isAtEnd(): boolean {
    return this.at >= this.buffer.length;
  }

  /** Bytes that were read. */
  get position(): number {
    return this.at;
  }

  uint8(): number {
    return this.buffer[this.take(1)]!;
  }

  uint16(): number {
    return this.buffer.readUInt16LE(this.take(2));
  }

  uint32(): number {
    return this.buffer.readUInt32LE(this.take(4));
  }

  /** A bigint beyond 2^53, where a number would not be exact. */
  uint64(): number | bigint {
    const value = this.buffer.readBigUInt64LE(this.take(8));
    return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
  }

  int32(): number {
    return this.buffer.readInt32LE(this.take(4));
  }

  /** Exact up to ±2^53. */
  int64(): number {
    const from = this.take(8);
    return this.buffer.readInt32LE(from + 4) * TWO_32 + this.buffer.readUInt32LE(from);
  }

  float32(): number {
    return this.buffer.readFloatLE(this.take(4));
  }

  float64(): number {
    return this.buffer.readDoubleLE(this.take(8));
  }

  /** Two's complement, `sizeBytes` long. @returns big endian, as Avro writes decimals, in as few bytes as hold it */
  decimal(sizeBytes: number): Buffer {
    const from = this.take(sizeBytes);
    const value = Buffer.from(this.buffer.subarray(from, from + sizeBytes)).reverse();
    const sign = value[0]! >= 0x80 ? 0xff : 0x00;
    let skip = 0;
    while (skip < sizeBytes - 1 && value[skip] === sign && (value[skip + 1]! ^ sign) < 0x80) skip++;
    return value.subarray(skip);
  }

  /** Unsigned LEB128. */
  length(): number {
    let value = 0;
    let weight = 1;
    let byte: number;
    do {
      byte = this.buffer[this.take(1)]!;
      value += (byte & 0x7f) * weight;
      weight *= 128;
    } while (byte >= 0x80);
    return value;
  }

  string(): string {
    const sizeBytes = this.length();
    const from = this.take(sizeBytes);
    return this.buffer.toString('utf8', from, from + sizeBytes);
  }

  /** A copy: the answer that it stands in may be let go. */
  blob(): Buffer {
    const sizeBytes = this.length();
    const from = this.take(sizeBytes);
    return Buffer.from(this.buffer.subarray(from, from + sizeBytes));
  }

  private take(sizeBytes: number): number {
    const from = this.at;
    if (from + sizeBytes > this.buffer.length) {
      throw new RowBinaryTruncated(`${this.buffer.length} bytes end within a value at byte ${from}`);
    }
    this.at = from + sizeBytes;
    return from;
  }
}
