/**
 * Solves `A x = b` for a symmetric positive definite `A` (row by row, order² numbers) by Cholesky decomposition.
 * Returns null when `A` is not positive definite to working precision. Neither argument is changed.
 */
export function solvePositiveDefinite(a: Float64Array, b: Float64Array): Float64Array | null {
  const order = b.length;
  const lower = new Float64Array(order * order);
  for (let i = 0; i < order; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * order + j]!;
      for (let k = 0; k < j; k++) sum -= lower[i * order + k]! * lower[j * order + k]!;
      if (i === j) {
        if (!(sum > a[i * order + i]! * Number.EPSILON)) return null;
        lower[i * order + i] = Math.sqrt(sum);
      } else {
        lower[i * order + j] = sum / lower[j * order + j]!;
      }
    }
  }
  const x = Float64Array.from(b);
  for (let i = 0; i < order; i++) {
    for (let k = 0; k < i; k++) x[i] = x[i]! - lower[i * order + k]! * x[k]!;
    x[i] = x[i]! / lower[i * order + i]!;
  }
  for (let i = order - 1; i >= 0; i--) {
    for (let k = i + 1; k < order; k++) x[i] = x[i]! - lower[k * order + i]! * x[k]!;
    x[i] = x[i]! / lower[i * order + i]!;
  }
  return x;
}
