import { seededUniforms } from '#domain/statistics';

/** A sample of a stream of unknown length. */
export interface RowSample<T> {
  offer(row: T): void;
  /** At most as many as were asked for, in the order in which they came. */
  rows(): readonly T[];
}

const SEED = 20_000;

/** Every row has the same chance (Vitter's algorithm R); the same rows give the same sample. */
export function sampleRows<T>(most: number): RowSample<T> {
  const uniform = seededUniforms(SEED);
  const kept: { readonly row: T; readonly at: number }[] = [];
  let offered = 0;
  return {
    offer(row) {
      const at = offered++;
      const place = at < most ? at : Math.floor(uniform() * offered);
      if (place < most) kept[place] = { row, at };
    },
    rows: () => kept.toSorted((a, b) => a.at - b.at).map(({ row }) => row),
  };
}
