import type avsc from 'avsc';

/** The parts of avsc's reader and writer that our types touch. avsc is pinned exactly because of them. */
export interface Tap {
  readonly buf: Buffer;
  pos: number;
  readLong(): number;
  skipLong(): void;
  readString(): string;
  skipString(): void;
  /** Marks the value as truncated. */
  _invalidate(): void;
}

/** What a type does with a tap. */
export interface Codec {
  _read(tap: Tap): unknown;
  _skip(tap: Tap): void;
}

declare module 'avsc' {
  namespace types {
    interface LongType {
      _write(tap: Tap, value: number): void;
    }
    interface DoubleType {
      _update(resolver: { _read: (tap: Tap) => number }, writer: avsc.Type): void;
    }
    interface FloatType {
      _update(resolver: { _read: (tap: Tap) => number }, writer: avsc.Type): void;
    }
  }
}
