import { featureColumns, type FeatureColumn, type FeatureRow } from './feature-columns.js';
import type { InputEncoding, TrainedModel } from './trained-model.js';

/** What a model computes with: columns of float32, NaN for missing. */
export interface EncodedRows {
  readonly rows: number;
  readonly columns: readonly Float32Array[];
}

/** Rows of features as served, as the model computes with them. @throws as featureColumns */
export function encodeInputs({ inputs }: Pick<TrainedModel, 'inputs'>, rows: readonly FeatureRow[]): EncodedRows {
  const features = inputs.map(({ name, kind }) => ({ name, type: kind === 'number' ? 'number' : 'string' }) as const);
  return encodeColumns(inputs, featureColumns(features, rows), rows.length);
}

/** The same of rows that lie feature by feature. Columns of numbers are taken, not copied. */
export function encodeColumns(
  inputs: readonly InputEncoding[],
  features: readonly FeatureColumn[],
  rows: number,
): EncodedRows {
  return { rows, columns: inputs.flatMap((input, at) => columnsOf(input, features[at]!, rows)) };
}

/** What the columns of an encoding are called: the feature, and the level where there is one column for each. */
export function columnNames(inputs: readonly InputEncoding[]): string[] {
  return inputs.flatMap((input) =>
    input.kind === 'one_hot' ? input.levels.map((level) => `${input.name}=${level}`) : [input.name],
  );
}

function columnsOf(input: InputEncoding, values: FeatureColumn, rows: number): readonly Float32Array[] {
  if ((input.kind === 'number') !== values instanceof Float32Array) {
    throw new TypeError(`${input.name} is encoded as ${input.kind}, but its values are of another type`);
  }
  if (values instanceof Float32Array) return [values];
  if (input.kind === 'ordinal') {
    const valueOf = new Map(input.levels.map((level, i) => [level, input.values[i]!]));
    return [Float32Array.from(values, (level) => (level === null ? NaN : (valueOf.get(level) ?? NaN)))];
  }
  if (input.kind !== 'one_hot') return [];
  const placeOf = new Map(input.levels.map((level, i) => [level, i]));
  const columns = input.levels.map(() => new Float32Array(rows));
  for (const [row, level] of values.entries()) {
    const place = level === null ? undefined : placeOf.get(level);
    if (place !== undefined) columns[place]![row] = 1;
  }
  return columns;
}
