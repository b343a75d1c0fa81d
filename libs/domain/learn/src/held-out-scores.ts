import {
  fitLogisticRegression,
  predictLogisticRegression,
  type LogisticRegressionOptions,
} from './logistic-regression.js';
import { countPositives, type TrainingSet } from './training-set.js';

export interface HeldOutScores {
  readonly scores: Float64Array;
  /** Of the rows with those scores. */
  readonly labels: Uint8Array;
}

/**
 * Scores of rows by models that had not seen them: of each block of the time order by one that was fitted on all others.
 * Neighbours in time are alike, so blocks and not random folds: else the model has as good as seen its rows. A block whose
 * others have one class only is left out.
 *
 * @param order rows in the order of time; left out: as they stand
 */
export function heldOutScores(
  set: TrainingSet,
  options: LogisticRegressionOptions = {},
  { blocks = 5, order }: { readonly blocks?: number; readonly order?: ArrayLike<number> } = {},
): HeldOutScores {
  const rows = set.labels.length;
  const scores: number[] = [];
  const labels: number[] = [];
  for (let block = 0; block < blocks; block++) {
    const from = Math.floor((block * rows) / blocks);
    const to = Math.floor(((block + 1) * rows) / blocks);
    const isOut = (place: number): boolean => place >= from && place < to;
    const places = Array.from({ length: rows }, (_, place) => place);
    const rowAt = (place: number): number => order?.[place] ?? place;
    const others = subsetOf(set, places.filter((place) => !isOut(place)).map(rowAt));
    const out = subsetOf(set, places.filter(isOut).map(rowAt));
    const positives = countPositives(others.labels);
    if (positives === 0 || positives === others.labels.length) continue;
    scores.push(...predictLogisticRegression(fitLogisticRegression(others, options).model, out.values));
    labels.push(...out.labels);
  }
  return { scores: Float64Array.from(scores), labels: Uint8Array.from(labels) };
}

function subsetOf({ columns, values, labels }: TrainingSet, rows: readonly number[]): TrainingSet {
  const picked = new Float64Array(rows.length * columns);
  for (const [at, row] of rows.entries()) picked.set(values.subarray(row * columns, (row + 1) * columns), at * columns);
  return { columns, values: picked, labels: Uint8Array.from(rows, (row) => labels[row]!) };
}
