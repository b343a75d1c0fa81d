import { seededUniforms } from '#domain/statistics';
import { binColumns } from './binned-matrix.js';
import { rowsIn, hessianIn, toFixedPoint } from './fixed-point.js';
import { fillHistogram, histogramLayout, subtractHistogram } from './histogram.js';
import { TreeGrower } from './grow-tree.js';

const ROWS = 500;
const uniform = seededUniforms(3);
const columns = Array.from({ length: 6 }, (_, column) =>
  Float32Array.from({ length: ROWS }, () => (column === 2 && uniform() < 0.2 ? NaN : uniform())),
);
const matrix = binColumns(columns, 16);
const layout = histogramLayout(matrix);
const all = Int32Array.from({ length: 6 }, (_, column) => column);

function slopes() {
  const gradients = Float64Array.from({ length: ROWS }, () => (uniform() - 0.5) * 10 ** (6 * uniform()));
  const hessians = Float64Array.from({ length: ROWS }, () => uniform());
  return { gradients, hessians };
}

function histogramOf(rows: Int32Array, gradients: Float64Array, hessians: Float64Array, rowUnit: number) {
  const histogram = new Float64Array(layout.length);
  const own = { gradients: gradients.slice(), hessians: hessians.slice() };
  rows.forEach((row, i) => {
    own.gradients[i] = gradients[row]!;
    own.hessians[i] = hessians[row]! + rowUnit;
  });
  fillHistogram(histogram, matrix, layout, all, rows, 0, rows.length, own.gradients, own.hessians);
  return histogram;
}

describe('histograms', () => {
  it('are the same by subtraction and by counting, to the last bit', () => {
    const { gradients, hessians } = slopes();
    const rows = Int32Array.from({ length: ROWS }, (_, row) => row);
    const { rowUnit } = toFixedPoint(rows, ROWS, gradients, hessians);
    const parent = histogramOf(rows, gradients, hessians, rowUnit);
    const some = histogramOf(
      rows.filter((row) => row % 3 === 0),
      gradients,
      hessians,
      rowUnit,
    );
    subtractHistogram(parent, some, matrix, layout, all);
    expect(parent).toEqual(
      histogramOf(
        rows.filter((row) => row % 3 !== 0),
        gradients,
        hessians,
        rowUnit,
      ),
    );
  });

  it('hold the number of rows beside the sum of hessians', () => {
    const { gradients, hessians } = slopes();
    const before = hessians.slice();
    const rows = Int32Array.from({ length: ROWS }, (_, row) => row);
    const { rowUnit } = toFixedPoint(rows, ROWS, gradients, hessians);
    const packed = rows.reduce((sum, row) => sum + hessians[row]! + rowUnit, 0);
    expect(rowsIn(packed, rowUnit)).toBe(ROWS);
    expect(hessianIn(packed, rowUnit)).toBeCloseTo(
      before.reduce((sum, hessian) => sum + hessian, 0),
      9,
    );
  });
});

describe('a tree', () => {
  const growth = { leaves: 12, maxDepth: 0, minRowsPerLeaf: 5, minHessian: 0, lambda: 1, gamma: 0, monotone: null };

  it('is the same whatever the order of rows', () => {
    const { gradients, hessians } = slopes();
    const inOrder = Int32Array.from({ length: ROWS }, (_, row) => row);
    const scale = toFixedPoint(inOrder, ROWS, gradients, hessians);
    const grow = (rows: Int32Array) => {
      const {
        begin: _,
        end: __,
        ...tree
      } = new TreeGrower(matrix, growth, ROWS).grow(rows, ROWS, gradients, hessians, scale, { ofTree: all });
      return tree;
    };
    expect(grow(inOrder.toReversed())).toEqual(grow(inOrder));
  });

  it('is the same whether children are subtracted, counted for each node, or counted anew for want of memory', () => {
    const { gradients, hessians } = slopes();
    const rows = Int32Array.from({ length: ROWS }, (_, row) => row);
    const scale = toFixedPoint(rows, ROWS, gradients, hessians);
    const grow = (ofNode?: () => Int32Array, keptAtMost?: number) =>
      new TreeGrower(matrix, growth, ROWS, keptAtMost).grow(rows.slice(), ROWS, gradients, hessians, scale, {
        ofTree: all,
        ...(ofNode && { ofNode }),
      });
    expect(grow(() => all)).toEqual(grow());
    expect(grow(undefined, 2 * layout.length)).toEqual(grow());
  });

  it('is as deep as it may be, and no leaf has fewer rows than it must', () => {
    const { gradients, hessians } = slopes();
    const rows = Int32Array.from({ length: ROWS }, (_, row) => row);
    const scale = toFixedPoint(rows, ROWS, gradients, hessians);
    const bounded = { ...growth, leaves: 100, maxDepth: 3, minRowsPerLeaf: 40 };
    const { feature, begin, end, left, right } = new TreeGrower(matrix, bounded, ROWS).grow(
      rows,
      ROWS,
      gradients,
      hessians,
      scale,
      { ofTree: all },
    );
    const depth = (node: number): number =>
      feature[node]! < 0 ? 0 : 1 + Math.max(depth(left[node]!), depth(right[node]!));
    expect(depth(0)).toBe(3);
    for (const [node, column] of feature.entries())
      if (column < 0) expect(end[node]! - begin[node]!).toBeGreaterThanOrEqual(40);
  });
});
