import avsc from 'avsc';

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

/** avsc's types with the methods that ours override, which its own declarations leave out. */
export const LongType = avsc.types.LongType as unknown as new () => avsc.Type & {
  _write(tap: Tap, value: number): void;
};

interface NumberType extends avsc.Type {
  _update(resolver: NumberResolver, writer: avsc.Type): void;
}

export interface NumberResolver {
  _read: (tap: Tap) => number;
}

export const IntType = avsc.types.IntType as unknown as new () => avsc.Type & { _read(tap: Tap): number };
export const DoubleType = avsc.types.DoubleType as unknown as new () => NumberType;
export const FloatType = avsc.types.FloatType as unknown as new () => NumberType;

/** What a resolver of a union is given; how it reads follows from the branch that is chosen. */
export interface UnionResolver {
  _read: (tap: Tap) => unknown;
}

interface UnionType extends avsc.Type {
  readonly types: readonly avsc.Type[];
  _update(resolver: UnionResolver, writer: avsc.Type, options: object): void;
}

type UnionClass = new (types: readonly avsc.Type[], options: object) => UnionType;

export const UnwrappedUnionType = avsc.types.UnwrappedUnionType as unknown as UnionClass;
export const WrappedUnionType = avsc.types.WrappedUnionType as unknown as UnionClass;
