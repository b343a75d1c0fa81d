import type { TrainingSet } from './training-set.js';

/** Column statistics of a training set; missing values are left out. */
export interface Standardization {
  readonly means: Float64Array;
  /** Population standard deviation; 1 for a column that is constant or has no value. */
  readonly scales: Float64Array;
  /** What a missing value is taken to be: the mean, rounded to float32 as the exported model holds it. */
  readonly imputed: Float64Array;
}

/** Two passes per column, so that a large offset costs no precision. */
export function standardizationOf({ columns, values }: TrainingSet): Standardization {
  const means = new Float64Array(columns);
  const scales = new Float64Array(columns);
  for (let column = 0; column < columns; column++) {
    let present = 0;
    let sum = 0;
    for (let i = column; i < values.length; i += columns) {
      if (Number.isNaN(values[i]!)) continue;
      present++;
      sum += values[i]!;
    }
    const mean = present === 0 ? 0 : sum / present;
    let squares = 0;
    for (let i = column; i < values.length; i += columns) {
      if (!Number.isNaN(values[i]!)) squares += (values[i]! - mean) ** 2;
    }
    const deviation = present === 0 ? 0 : Math.sqrt(squares / present);
    means[column] = mean;
    // A spread below float32's resolution of the mean is rounding noise: dividing by it would blow nothing else up.
    scales[column] = deviation > Math.abs(mean) * 2 ** -23 ? deviation : 1;
  }
  return { means, scales, imputed: means.map(Math.fround) };
}

/** The standardised matrix, missing values imputed, every value rounded to float32 first as a model's input is. */
export function standardize({ columns, values }: TrainingSet, by: Standardization): Float64Array {
  const standardized = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const column = i % columns;
    const value = Number.isNaN(values[i]!) ? by.imputed[column]! : Math.fround(values[i]!);
    standardized[i] = (value - by.means[column]!) / by.scales[column]!;
  }
  return standardized;
}
