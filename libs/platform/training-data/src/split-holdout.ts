/**
 * Where the holdout begins: rows from there on, the newest, are seen by no training, and gates judge by them.
 *
 * @param rows of the dataset, in the order of time
 * @param holdout share of the rows, from 0 to less than 1; rounded down, as `trainModel` (libs/domain/learn) does
 * @returns the index of the first row of the holdout; `rows` where it is empty
 */
export function holdoutFrom(rows: number, holdout: number): number {
  return rows - Math.floor(rows * holdout);
}
