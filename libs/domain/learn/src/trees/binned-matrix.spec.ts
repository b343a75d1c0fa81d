import fc from 'fast-check';
import { between, binColumns, binLike } from './binned-matrix.js';

const float32s = fc.float({ noDefaultInfinity: true }); // NaN among them: missing

describe('bins', () => {
  it('are one per value where there are few, the missing ones last', () => {
    const [column] = binColumns([Float32Array.of(3, NaN, 1, 2, 3, 1)], 4).columns;
    expect(column!.valueBins).toBe(3);
    expect(Array.from(column!.bins)).toEqual([2, 3, 0, 1, 2, 0]);
    expect(Array.from(column!.thresholds)).toEqual([1.5, 2.5]);
  });

  it('hold about equally many rows where there are many values', () => {
    const values = Float32Array.from({ length: 1000 }, (_, row) => ((row * 389) % 1000) ** 3);
    const [{ bins, valueBins }] = binColumns([values], 8).columns as [ReturnType<typeof binColumns>['columns'][number]];
    const sizes = new Array<number>(valueBins).fill(0);
    for (const bin of bins) sizes[bin]!++;
    expect(sizes).toEqual(new Array(8).fill(125));
  });

  it('leave a value alone that would fill one, and part the others as finely as before', () => {
    const values = Float32Array.from({ length: 1000 }, (_, row) => (row < 900 ? 0 : row));
    const { bins, valueBins } = binColumns([values], 8).columns[0]!;
    expect(valueBins).toBe(8);
    expect(bins.filter((bin) => bin === 0)).toHaveLength(900);
    expect(Math.max(...Array.from({ length: 7 }, (_, i) => bins.filter((bin) => bin === i + 1).length))).toBeLessThan(
      20,
    );
  });

  it('have an edge that says of every float32 what the bin says', () => {
    fc.assert(
      fc.property(
        fc.array(float32s, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 2, max: 12 }),
        (drawn, maxBins) => {
          const values = Float32Array.from(drawn);
          const { bins, valueBins, thresholds } = binColumns([values], maxBins).columns[0]!;
          expect(valueBins).toBeLessThanOrEqual(maxBins);
          expect(thresholds).toEqual(thresholds.toSorted());
          const misfits = values.filter((value, row) =>
            Number.isNaN(value)
              ? bins[row] !== valueBins
              : thresholds.some((threshold, bin) => value <= threshold !== bins[row]! <= bin),
          );
          expect(misfits).toHaveLength(0);
        },
      ),
    );
  });

  it('take other rows as they take their own', () => {
    fc.assert(
      fc.property(fc.array(float32s, { minLength: 1, maxLength: 60 }), (drawn) => {
        const values = Float32Array.from(drawn);
        const matrix = binColumns([values], 6);
        expect(binLike(matrix, [values]).columns[0]!.bins).toEqual(matrix.columns[0]!.bins);
      }),
    );
  });

  it('have an edge between neighbours of float32 too', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true, max: Math.fround(3e38) }), (a) => {
        const bits = new Uint32Array(Float32Array.of(a).buffer);
        bits[0]! += a > 0 ? 1 : a < 0 ? -1 : 1;
        const b = new Float32Array(bits.buffer)[0]!;
        const edge = between(Math.min(a, b), Math.max(a, b));
        expect(edge).toBe(Math.min(a, b) + 0);
      }),
    );
  });
});
