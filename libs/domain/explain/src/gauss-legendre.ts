/** Points in (0, 1) and weights (which sum to 1) with which ∫₀¹ f(t) dt = Σ weights · f(points). */
export interface Quadrature {
  readonly points: Float64Array;
  readonly weights: Float64Array;
}

const known: Quadrature[] = [];

/** Gauss–Legendre quadrature on [0, 1] with `n` points (n ≥ 1): exact for polynomials of degree ≤ 2n − 1. */
export function gaussLegendre(n: number): Quadrature {
  return (known[n] ??= compute(n));
}

/** The points are the roots of the Legendre polynomial of degree n, by Newton's method from the usual guess. */
function compute(n: number): Quadrature {
  const points = new Float64Array(n);
  const weights = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    let slope = 0;
    // Converges quadratically: the guess is good to a few digits, so that five rounds would do.
    for (let round = 0; round < 20; round++) {
      const [value, derivative] = legendre(n, x);
      slope = derivative;
      const step = value / derivative;
      x -= step;
      if (Math.abs(step) < 1e-16) break;
    }
    points[i] = (1 - x) / 2;
    weights[i] = 1 / ((1 - x * x) * slope * slope);
  }
  return { points, weights };
}

/** Pₙ(x) and its derivative, by Bonnet's recursion. */
function legendre(n: number, x: number): readonly [number, number] {
  let before = 1;
  let value = x;
  for (let k = 2; k <= n; k++) [before, value] = [value, ((2 * k - 1) * x * value - (k - 1) * before) / k];
  return [value, (n * (x * value - before)) / (x * x - 1)];
}
