import { logGamma, nonZero, stirlingError } from './gamma.js';

const LN_SQRT_2PI = 0.9189385332046727;

/**
 * Regularized incomplete beta function I_x(a, b); a, b > 0, x in [0, 1].
 * @param y 1 − x, where it is known better than it can be computed from x
 */
export function regularizedBeta(a: number, b: number, x: number, y = 1 - x): number {
  if (!(a > 0) || !(b > 0) || !(x >= 0 && x <= 1)) return NaN;
  if (x === 0 || y === 0) return x === 0 ? 0 : 1;
  return x < (a + 1) / (a + b + 2) ? lower(x, y, a, b) : 1 - lower(y, x, b, a);
}

function lower(x: number, y: number, a: number, b: number): number {
  const lnX = x < 0.5 ? Math.log(x) : Math.log1p(-y);
  const lnY = y < 0.5 ? Math.log(y) : Math.log1p(-x);
  return (Math.exp(a * lnX + b * lnY - logBeta(a, b)) / a) * continuedFraction(x, a, b);
}

/** DLMF 8.17.22 by Lentz's method. */
function continuedFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1));
  let h = d;
  for (let m = 1; ; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d);
    c = nonZero(1 + even / c);
    h *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d);
    c = nonZero(1 + odd / c);
    const change = d * c;
    h *= change;
    // Beyond that many terms the arguments are so large that the rest is below what float64 tells.
    if (Math.abs(change - 1) < 4 * Number.EPSILON || m > 100_000) return h;
  }
}

/** ln B(a, b); the large terms of Stirling's formula are taken off before they cancel. */
function logBeta(a: number, b: number): number {
  const small = Math.min(a, b);
  const large = Math.max(a, b);
  if (large < 10) return logGamma(a) + logGamma(b) - logGamma(a + b);
  const rest = stirlingError(large) - stirlingError(small + large);
  if (small < 10) {
    return (
      logGamma(small) + rest + small - small * Math.log(a + b) + (large - 0.5) * Math.log1p(-small / (small + large))
    );
  }
  return (
    -0.5 * Math.log(large) +
    LN_SQRT_2PI +
    stirlingError(small) +
    rest +
    (small - 0.5) * Math.log(small / (small + large)) +
    large * Math.log1p(-small / (small + large))
  );
}
