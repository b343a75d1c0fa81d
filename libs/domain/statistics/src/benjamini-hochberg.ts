/**
 * q-values in the order of the p-values: the smallest false discovery rate at which each is still found
 * (Benjamini and Hochberg 1995). A p-value that is NaN was no test; it has no q-value and makes the others no larger.
 */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  const order = pValues
    .map((p, index) => ({ p, index }))
    .filter(({ p }) => !Number.isNaN(p))
    .toSorted((a, b) => b.p - a.p);
  const qValues = pValues.map(() => NaN);
  let least = 1;
  for (const [place, { p, index }] of order.entries()) {
    least = Math.min(least, (p * order.length) / (order.length - place));
    qValues[index] = least;
  }
  return qValues;
}
