import { encodeColumns, type FeatureColumn, type InputEncoding } from '#domain/trained-model';
import { crossFitted, fitEncodings, type EncodingOptions } from './fit-encodings.js';
import type { EncodedSet } from './learner.js';
import type { TrainingPlan, TrainingRows } from './training-plan.js';

/** Rows to fit on and rows to judge by, encoded as the former say. */
export interface EncodedSplit {
  readonly inputs: readonly InputEncoding[];
  readonly training: EncodedSet;
  readonly validation: EncodedSet;
}

/** Encodings are fitted on `training` alone. */
export function encodeSplit(
  rows: TrainingRows,
  { training, validation }: { readonly training: Uint32Array; readonly validation: Uint32Array },
  task: TrainingPlan['task'],
  options: EncodingOptions,
): EncodedSplit {
  const columns = rows.columns.map((column) => pick(column, training));
  const labels = numbersAt(rows.labels, training);
  const inputs = fitEncodings(rows.features, columns, labels, task, options);
  const encoded = encodedSet(rows, inputs, columns, training);
  return {
    inputs,
    training: task === 'multiclass-classification' ? encoded : withCrossFitted(encoded, inputs, columns),
    validation: encodedSet(
      rows,
      inputs,
      rows.columns.map((column) => pick(column, validation)),
      validation,
    ),
  };
}

/** An ordinal encoding is one column, and then so are all of them: the feature's place is its column's. */
function withCrossFitted(
  set: EncodedSet,
  inputs: readonly InputEncoding[],
  features: readonly FeatureColumn[],
): EncodedSet {
  const columns = set.columns.map((column, at) => {
    const input = inputs[at];
    return input?.kind === 'ordinal'
      ? crossFitted(input, features[at] as readonly (string | null)[], set.labels)
      : column;
  });
  return { ...set, columns };
}

function encodedSet(
  { labels, weights }: TrainingRows,
  inputs: readonly InputEncoding[],
  columns: readonly FeatureColumn[],
  rows: Uint32Array,
): EncodedSet {
  return {
    ...encodeColumns(inputs, columns, rows.length),
    isScaled: inputs.flatMap((input) => (input.kind === 'one_hot' ? input.levels.map(() => false) : [true])),
    labels: numbersAt(labels, rows),
    weights: weights && numbersAt(weights, rows),
  };
}

function pick(column: FeatureColumn, rows: Uint32Array): FeatureColumn {
  if (!(column instanceof Float32Array)) return Array.from(rows, (row) => column[row]!);
  const picked = new Float32Array(rows.length);
  for (let at = 0; at < rows.length; at++) picked[at] = column[rows[at]!]!;
  return picked;
}

export function numbersAt(values: ArrayLike<number>, rows: Uint32Array): Float64Array {
  const picked = new Float64Array(rows.length);
  for (let at = 0; at < rows.length; at++) picked[at] = values[rows[at]!]!;
  return picked;
}
