/** A row of features as served, in the pipeline's order; null: missing. */
export type FeatureRow = readonly (number | string | null)[];

/** One feature of many rows: numbers as float32, NaN where missing; strings, null where missing. */
export type FeatureColumn = Float32Array | readonly (string | null)[];

/** A feature's name and type, in the pipeline's order. */
export interface FeatureType {
  readonly name: string;
  readonly type: 'number' | 'string';
}

/**
 * Rows, feature by feature. Numbers are rounded to float32, as they are served.
 * @throws RangeError where a row is too short or too long; TypeError where a value is not of its feature's type
 */
export function featureColumns(features: readonly FeatureType[], rows: readonly FeatureRow[]): FeatureColumn[] {
  for (const [index, row] of rows.entries()) {
    if (row.length !== features.length) {
      throw new RangeError(`row ${index} has ${row.length} values for ${features.length} features`);
    }
  }
  return features.map(({ name, type }, at) => {
    if (type === 'string') return rows.map((row, index) => stringOf(row[at]!, name, index));
    return Float32Array.from(rows, (row, index) => numberOf(row[at]!, name, index));
  });
}

function numberOf(value: number | string | null, name: string, row: number): number {
  if (typeof value === 'string')
    throw new TypeError(`${name} is the string "${value}" in row ${row}, expected a number`);
  return value ?? NaN;
}

/** A model file has no missing strings: it is given empty ones for them (libs/platform/onnx), so the two are the same. */
function stringOf(value: number | string | null, name: string, row: number): string | null {
  if (typeof value === 'number') throw new TypeError(`${name} is the number ${value} in row ${row}, expected a string`);
  return value === '' ? null : value;
}
