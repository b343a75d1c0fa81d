/** How columns are brought to one scale before they are weighed. */
export interface Standardization {
  readonly means: Float64Array;
  /** Population standard deviation; 1 for a column that is constant, has no value or is not to be scaled. */
  readonly scales: Float64Array;
  /** What a missing value is taken to be: the mean, rounded to float32 as the exported model holds it. */
  readonly imputed: Float64Array;
}

/**
 * Column statistics, missing values left out. Two passes per column, so that a large offset costs no precision.
 * @param isScaled false: a column of zeros and ones, which is taken as it is
 */
export function standardizationOf(columns: readonly Float32Array[], isScaled: readonly boolean[]): Standardization {
  const means = new Float64Array(columns.length);
  const scales = new Float64Array(columns.length).fill(1);
  for (const [at, values] of columns.entries()) {
    if (!isScaled[at]) continue;
    let present = 0;
    let sum = 0;
    for (const value of values) {
      if (Number.isNaN(value)) continue;
      present++;
      sum += value;
    }
    const mean = present === 0 ? 0 : sum / present;
    let squares = 0;
    for (const value of values) if (!Number.isNaN(value)) squares += (value - mean) ** 2;
    const deviation = present === 0 ? 0 : Math.sqrt(squares / present);
    means[at] = mean;
    // A spread below float32's resolution of the mean is rounding noise: dividing by it would blow nothing else up.
    if (deviation > Math.abs(mean) * 2 ** -23) scales[at] = deviation;
  }
  return { means, scales, imputed: means.map(Math.fround) };
}

/** Rows of standardised columns, row by row, missing values imputed. */
export interface DesignMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly x: Float64Array;
}

export function standardize(columns: readonly Float32Array[], rows: number, by: Standardization): DesignMatrix {
  const width = columns.length;
  const x = new Float64Array(rows * width);
  for (const [at, values] of columns.entries()) {
    const [mean, scale, imputed] = [by.means[at]!, by.scales[at]!, by.imputed[at]!];
    for (let row = 0; row < rows; row++) {
      const value = values[row]!;
      x[row * width + at] = ((value !== value ? imputed : value) - mean) / scale;
    }
  }
  return { rows, columns: width, x };
}
