/** Columns cut into bins once, so that any number of trees can be grown on any of their rows. */
export interface BinnedMatrix {
  readonly rows: number;
  readonly columns: readonly BinnedColumn[];
}

export interface BinnedColumn {
  /** Bin of each row, ascending with the value; `valueBins` where it is missing. */
  readonly bins: Uint16Array;
  readonly valueBins: number;
  /**
   * Upper edge of each bin but the last: float32 t with a <= t < b, a and b being the neighbouring values of the training rows, so
   * that x <= t says the same of a float32 wherever it is asked.
   */
  readonly thresholds: Float32Array;
}

/** Largest number of bins of a column: a bin is a Uint16, and missing values have one of their own. */
export const MOST_BINS = 4096;

/**
 * Bins of about equally many rows, a bin for each value where there are no more values than bins. A value that fills a bin alone has
 * one of its own.
 * @param columns NaN: missing; infinite values are not allowed (`problemOfColumns`)
 */
export function binColumns(columns: readonly Float32Array[], maxBins: number): BinnedMatrix {
  const rows = columns[0]?.length ?? 0;
  const sorter = new ColumnSorter(rows);
  return { rows, columns: columns.map((column) => binColumn(column, maxBins, sorter)) };
}

/** Other rows, in the bins of `matrix`: what early stopping needs to see how its trees do. */
export function binLike({ columns }: BinnedMatrix, values: readonly Float32Array[]): BinnedMatrix {
  return {
    rows: values[0]?.length ?? 0,
    columns: columns.map(({ valueBins, thresholds }, c) => ({
      valueBins,
      thresholds,
      bins: Uint16Array.from(values[c]!, (value) => (Number.isNaN(value) ? valueBins : binOf(thresholds, value))),
    })),
  };
}

/** First bin whose edge is not below the value; the last bin beyond all edges. */
function binOf(thresholds: Float32Array, value: number): number {
  let low = 0;
  let high = thresholds.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (value <= thresholds[middle]!) high = middle;
    else low = middle + 1;
  }
  return low;
}

function binColumn(values: Float32Array, maxBins: number, sorter: ColumnSorter): BinnedColumn {
  const bins = new Uint16Array(values.length);
  const { order, present } = sorter.sort(values);
  // Runs of equal values, in ascending order.
  const starts: number[] = [];
  for (let i = 0; i < present; i++) {
    if (i === 0 || values[order[i]!]! !== values[order[i - 1]!]!) starts.push(i);
  }
  starts.push(present);
  const firsts =
    starts.length - 1 <= maxBins ? Array.from({ length: starts.length - 1 }, (_, run) => run) : cut(starts, maxBins);
  const thresholds = new Float32Array(Math.max(0, firsts.length - 1));
  for (let bin = 0; bin < firsts.length; bin++) {
    const from = starts[firsts[bin]!]!;
    const to = bin + 1 < firsts.length ? starts[firsts[bin + 1]!]! : present;
    for (let i = from; i < to; i++) bins[order[i]!] = bin;
    if (bin > 0) thresholds[bin - 1] = between(values[order[from - 1]!]!, values[order[from]!]!);
  }
  const valueBins = firsts.length;
  for (let i = present; i < values.length; i++) bins[order[i]!] = valueBins;
  return { bins, valueBins, thresholds };
}

/** Which runs begin a bin, so that bins hold about equally many rows and a run that would fill one has its own. */
function cut(starts: readonly number[], maxBins: number): readonly number[] {
  const runs = starts.length - 1;
  const size = (run: number) => starts[run + 1]! - starts[run]!;
  let rowsLeft = starts[runs]!;
  let binsLeft = maxBins;
  const large = rowsLeft / maxBins;
  for (let run = 0; run < runs; run++) {
    if (size(run) < large) continue;
    rowsLeft -= size(run);
    binsLeft--;
  }
  const firsts = [0];
  let inBin = 0;
  let target = rowsLeft / binsLeft;
  for (let run = 0; run < runs - 1 && firsts.length < maxBins; run++) {
    const alone = size(run) >= large;
    inBin += size(run);
    if (!alone) rowsLeft -= size(run);
    if (!alone && inBin < target && size(run + 1) < large) continue;
    firsts.push(run + 1);
    if (!alone) binsLeft--;
    inBin = 0;
    target = binsLeft > 0 ? rowsLeft / binsLeft : Infinity;
  }
  return firsts;
}

/** A float32 t with a <= t < b, as near to the middle as there is one. */
export function between(a: number, b: number): number {
  const middle = Math.fround((a + b) / 2);
  return middle < b ? middle : a;
}

const DIGIT_BITS = 11;
const DIGITS = 1 << DIGIT_BITS;

/** Rows of a column by value, ascending, equal ones by row, missing ones last: a radix sort of the float32's bits. */
class ColumnSorter {
  private readonly keys: Uint32Array;
  private order: Uint32Array;
  private spare: Uint32Array;
  private readonly counts = new Uint32Array(DIGITS);

  constructor(rows: number) {
    this.keys = new Uint32Array(rows);
    this.order = new Uint32Array(rows);
    this.spare = new Uint32Array(rows);
  }

  sort(values: Float32Array): { readonly order: Uint32Array; readonly present: number } {
    const { keys } = this;
    const rows = values.length;
    const bits = new Uint32Array(values.map((value) => value + 0).buffer); // + 0: no −0 beside 0
    let present = 0;
    for (let row = 0; row < rows; row++) {
      const missing = Number.isNaN(values[row]!);
      if (!missing) present++;
      const raw = bits[row]!;
      keys[row] = missing ? 0xffffffff : raw >>> 31 === 1 ? ~raw : raw | 0x80000000;
      this.order[row] = row;
    }
    for (let shift = 0; shift < 32; shift += DIGIT_BITS) this.sortByDigit(rows, shift);
    return { order: this.order, present };
  }

  private sortByDigit(rows: number, shift: number): void {
    const { keys, order, spare, counts } = this;
    counts.fill(0);
    for (let row = 0; row < rows; row++) counts[(keys[row]! >>> shift) & (DIGITS - 1)]!++;
    let sum = 0;
    for (let digit = 0; digit < DIGITS; digit++) {
      const count = counts[digit]!;
      counts[digit] = sum;
      sum += count;
    }
    for (let i = 0; i < rows; i++) {
      const row = order[i]!;
      spare[counts[(keys[row]! >>> shift) & (DIGITS - 1)]!++] = row;
    }
    this.order = spare;
    this.spare = order;
  }
}
