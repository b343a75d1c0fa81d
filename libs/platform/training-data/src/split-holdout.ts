/**
 * Where the holdout begins: rows from there on, the newest, are seen by no training, and gates judge by them.
 *
 * @param rows of the dataset, in the order of time
 * @param holdout share of the rows, in (0, 1)
 * @returns the index of the first row of the holdout; both parts have a row where there are two
 */
export function holdoutFrom(rows: number, holdout: number): number {
  const kept = Math.max(Math.min(1, rows), Math.round(rows * holdout));
  return Math.max(Math.min(1, rows), rows - kept);
}
