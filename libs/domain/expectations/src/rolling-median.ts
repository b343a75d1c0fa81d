/** Makes the median absolute deviation estimate the standard deviation of normal data: 1 / Φ⁻¹(3/4). */
const MAD_TO_SIGMA = 1.4826;
/** The same for the mean absolute deviation: √(π/2). */
const MEAN_AD_TO_SIGMA = 1.253314;

/**
 * The values of the last `capacity` arrivals, in order of size as well as of arrival: exact median and median absolute
 * deviation. An arrival without a value (NaN) takes its place among the arrivals and none among the values, so that the
 * state follows from the last `capacity` arrivals alone. Adding shifts at most `capacity` doubles (a memmove); asking
 * takes O(log n).
 */
export class RollingMedian {
  /** Ring; NaN where an arrival had no value. */
  private readonly arrived: Float64Array;
  private readonly sorted: Float64Array;
  private arrivals = 0;
  private count = 0;
  private oldest = 0;

  constructor(readonly capacity: number) {
    this.arrived = new Float64Array(capacity);
    this.sorted = new Float64Array(capacity);
  }

  /** Values among the last arrivals. */
  get size(): number {
    return this.count;
  }

  /** @param value finite, or NaN for an arrival without a value */
  add(value: number): void {
    const { arrived, capacity } = this;
    const full = this.arrivals === capacity;
    const leaving = full ? arrived[this.oldest]! : Number.NaN;
    if (full) {
      arrived[this.oldest] = value;
      this.oldest = (this.oldest + 1) % capacity;
    } else {
      arrived[this.arrivals++] = value;
    }
    if (Number.isNaN(leaving)) {
      if (!Number.isNaN(value)) this.insert(value);
    } else if (Number.isNaN(value)) {
      this.remove(leaving);
    } else {
      this.replace(leaving, value);
    }
  }

  /** NaN when empty; the mean of the two middle values for an even count. */
  median(): number {
    const middle = this.count >> 1;
    if (this.count === 0) return Number.NaN;
    const upper = this.sorted[middle]!;
    return this.count % 2 === 1 ? upper : (this.sorted[middle - 1]! + upper) / 2;
  }

  /** Median of |x − median|. NaN when empty. */
  medianAbsoluteDeviation(): number {
    const middle = this.count >> 1;
    if (this.count === 0) return Number.NaN;
    const median = this.median();
    const upper = this.deviationOfRank(middle, median);
    return this.count % 2 === 1 ? upper : (this.deviationOfRank(middle - 1, median) + upper) / 2;
  }

  /**
   * How many robust standard deviations a value lies from the median: |x − median| / (1.4826 · MAD). Where at least half of
   * the values are equal the MAD is 0 and says nothing; then the mean absolute deviation takes its place (Iglewicz & Hoaglin,
   * "How to Detect and Handle Outliers", 1993). Where all values are equal there is no scale: 0.
   */
  distance(value: number): number {
    const median = this.median();
    const scale =
      MAD_TO_SIGMA * this.medianAbsoluteDeviation() || MEAN_AD_TO_SIGMA * this.meanAbsoluteDeviation(median);
    return scale > 0 ? Math.abs(value - median) / scale : 0;
  }

  /** O(n). */
  private meanAbsoluteDeviation(median: number): number {
    let sum = 0;
    for (let index = 0; index < this.count; index++) sum += Math.abs(this.sorted[index]! - median);
    return sum / this.count;
  }

  /**
   * The deviation of a rank, from 0. Deviations grow from the median outwards on both sides, so that they are two sorted
   * rows: found is how many of the left one are among the `rank + 1` smallest.
   */
  private deviationOfRank(rank: number, median: number): number {
    const { sorted, count } = this;
    const split = this.firstAtLeast(median);
    const left = (index: number): number =>
      index < split ? median - sorted[split - 1 - index]! : Number.POSITIVE_INFINITY;
    const right = (index: number): number =>
      split + index < count ? sorted[split + index]! - median : Number.POSITIVE_INFINITY;
    let low = Math.max(0, rank + 1 - (count - split));
    let high = Math.min(rank + 1, split);
    while (low < high) {
      const taken = (low + high) >> 1;
      // Too few from the left as long as its next is smaller than the last one taken from the right.
      if (left(taken) < right(rank - taken)) low = taken + 1;
      else high = taken;
    }
    const fromLeft = low > 0 ? left(low - 1) : Number.NEGATIVE_INFINITY;
    const fromRight = rank - low >= 0 ? right(rank - low) : Number.NEGATIVE_INFINITY;
    return Math.max(fromLeft, fromRight);
  }

  private insert(value: number): void {
    const at = this.firstAtLeast(value);
    this.sorted.copyWithin(at + 1, at, this.count);
    this.sorted[at] = value;
    this.count++;
  }

  private remove(value: number): void {
    const at = this.firstAtLeast(value);
    this.sorted.copyWithin(at, at + 1, this.count);
    this.count--;
  }

  /** Only what lies between the leaving and the entering value moves. */
  private replace(leaving: number, entering: number): void {
    const { sorted } = this;
    const from = this.firstAtLeast(leaving);
    const to = this.firstAtLeast(entering);
    if (to > from) {
      sorted.copyWithin(from, from + 1, to);
      sorted[to - 1] = entering;
    } else {
      sorted.copyWithin(to + 1, to, from);
      sorted[to] = entering;
    }
  }

  /** Index of the first sorted value that is not smaller. */
  private firstAtLeast(value: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.sorted[middle]! < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
