/** A numeric training set: `rows × columns`, row by row, NaN for missing; labels 0 or 1. */
export interface TrainingSet {
  readonly columns: number;
  /** `rows * columns` numbers. */
  readonly values: Float64Array;
  readonly labels: Uint8Array;
}

export type TrainingProblem = { readonly ok: false; readonly message: string };

/** What keeps a set from being trained on, as one sentence, or null. */
export function problemOf(set: TrainingSet, names: readonly string[]): string | null {
  const rows = set.labels.length;
  if (names.length !== set.columns) return `${names.length} feature names were given for ${set.columns} columns`;
  if (set.columns === 0) return 'there are no features to train on';
  if (rows === 0) return 'there are no rows to train on';
  if (set.values.length !== rows * set.columns) {
    return `${set.values.length} values were given for ${rows} rows of ${set.columns} columns`;
  }
  const bad = set.labels.findIndex((label) => label > 1);
  if (bad >= 0) return `the label of row ${bad} is ${set.labels[bad]}, expected 0 or 1`;
  const positives = countPositives(set.labels);
  if (positives === 0 || positives === rows) {
    return `all ${rows} labels are ${positives === 0 ? 0 : 1}: both classes are needed to train a classifier`;
  }
  for (let i = 0; i < set.values.length; i++) {
    const value = set.values[i]!;
    if (value === Infinity || value === -Infinity) {
      return `${names[i % set.columns]} is infinite in row ${Math.floor(i / set.columns)}`;
    }
  }
  return null;
}

export function countPositives(labels: Uint8Array): number {
  let positives = 0;
  for (const label of labels) positives += label;
  return positives;
}
