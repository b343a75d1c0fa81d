import type { BinnedMatrix } from './binned-matrix.js';

/**
 * Where each column's bins lie in a histogram. A bin is two numbers: the sum of its rows' gradients, and the sum of their hessians
 * with the number of rows packed above it (`FixedPoint`). After a column's value bins comes one for missing values.
 */
export interface HistogramLayout {
  /** Index of the first number of each column. */
  readonly offsets: Int32Array;
  readonly length: number;
}

export function histogramLayout({ columns }: BinnedMatrix): HistogramLayout {
  const offsets = new Int32Array(columns.length);
  let length = 0;
  for (const [column, { valueBins }] of columns.entries()) {
    offsets[column] = length;
    length += 2 * (valueBins + 1);
  }
  return { offsets, length };
}

/**
 * Sums rows into the bins of the given columns. The gradients are those of `rows`, in its order, so that they are read once through;
 * four columns share each reading.
 */
export function fillHistogram(
  histogram: Float64Array,
  matrix: BinnedMatrix,
  { offsets }: HistogramLayout,
  columns: Int32Array,
  rows: Int32Array,
  from: number,
  to: number,
  gradients: Float64Array,
  hessians: Float64Array,
): void {
  let c = 0;
  for (; c + 4 <= columns.length; c += 4) {
    const [c0, c1, c2, c3] = [columns[c]!, columns[c + 1]!, columns[c + 2]!, columns[c + 3]!];
    fillFour(
      histogram,
      matrix.columns[c0]!.bins,
      matrix.columns[c1]!.bins,
      matrix.columns[c2]!.bins,
      matrix.columns[c3]!.bins,
      offsets[c0]!,
      offsets[c1]!,
      offsets[c2]!,
      offsets[c3]!,
      rows,
      from,
      to,
      gradients,
      hessians,
    );
  }
  for (; c < columns.length; c++) {
    const column = columns[c]!;
    fillOne(histogram, matrix.columns[column]!.bins, offsets[column]!, rows, from, to, gradients, hessians);
  }
}

function fillFour(
  histogram: Float64Array,
  bins0: Uint16Array,
  bins1: Uint16Array,
  bins2: Uint16Array,
  bins3: Uint16Array,
  offset0: number,
  offset1: number,
  offset2: number,
  offset3: number,
  rows: Int32Array,
  from: number,
  to: number,
  gradients: Float64Array,
  hessians: Float64Array,
): void {
  for (let i = from; i < to; i++) {
    const row = rows[i]!;
    const gradient = gradients[i - from]!;
    const hessian = hessians[i - from]!;
    const at0 = offset0 + (bins0[row]! << 1);
    const at1 = offset1 + (bins1[row]! << 1);
    const at2 = offset2 + (bins2[row]! << 1);
    const at3 = offset3 + (bins3[row]! << 1);
    histogram[at0]! += gradient;
    histogram[at0 + 1]! += hessian;
    histogram[at1]! += gradient;
    histogram[at1 + 1]! += hessian;
    histogram[at2]! += gradient;
    histogram[at2 + 1]! += hessian;
    histogram[at3]! += gradient;
    histogram[at3 + 1]! += hessian;
  }
}

function fillOne(
  histogram: Float64Array,
  bins: Uint16Array,
  offset: number,
  rows: Int32Array,
  from: number,
  to: number,
  gradients: Float64Array,
  hessians: Float64Array,
): void {
  for (let i = from; i < to; i++) {
    const at = offset + (bins[rows[i]!]! << 1);
    histogram[at]! += gradients[i - from]!;
    histogram[at + 1]! += hessians[i - from]!;
  }
}

/** What is left of a node's histogram without one child's: its other child's. Exact, since all sums are. */
export function subtractHistogram(
  from: Float64Array,
  histogram: Float64Array,
  matrix: BinnedMatrix,
  { offsets }: HistogramLayout,
  columns: Int32Array,
): void {
  for (const column of columns) {
    const end = offsets[column]! + 2 * (matrix.columns[column]!.valueBins + 1);
    for (let i = offsets[column]!; i < end; i++) from[i]! -= histogram[i]!;
  }
}
