/** ln √(2π) */
const LN_SQRT_2PI = 0.9189385332046727;
const TINY = 1e-300;
/** Taken once: series ask for it with each term. */
const { EPSILON } = Number;

/** Lanczos's coefficients for g = 7, n = 9 (Godfrey): relative error about 1e-15. */
const LANCZOS = [
  0.9999999999998099, 676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
  -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
];

/** ln Γ(x), x > 0. */
export function logGamma(x: number): number {
  if (x >= 10) return (x - 0.5) * Math.log(x) - x + LN_SQRT_2PI + stirlingError(x);
  if (x < 0.5) return logGamma(x + 1) - Math.log(x);
  let sum = LANCZOS[0]!;
  for (let i = 1; i < LANCZOS.length; i++) sum += LANCZOS[i]! / (x - 1 + i);
  const t = x + 6.5;
  return LN_SQRT_2PI + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

/** What Stirling's formula leaves of ln Γ(x), x ≥ 10: the asymptotic series, here exact to 1e-16. */
export function stirlingError(x: number): number {
  const y = 1 / (x * x);
  return (1 / 12 - y * (1 / 360 - y * (1 / 1260 - y * (1 / 1680 - y * (1 / 1188 - (y * 691) / 360360))))) / x;
}

/** Lower regularized incomplete gamma function P(a, x), a > 0; 0 for x ≤ 0. */
export function regularizedGammaP(a: number, x: number): number {
  if (!(a > 0) || Number.isNaN(x)) return NaN;
  if (x <= 0) return 0;
  if (x === Infinity) return 1;
  return x < a + 1 ? series(a, x) : 1 - continuedFraction(a, x);
}

/** Upper regularized incomplete gamma function Q(a, x) = 1 − P(a, x), without loss in the tail. */
export function regularizedGammaQ(a: number, x: number): number {
  if (!(a > 0) || Number.isNaN(x)) return NaN;
  if (x <= 0) return 1;
  if (x === Infinity) return 0;
  return x < a + 1 ? 1 - series(a, x) : continuedFraction(a, x);
}

/** DLMF 8.11.4. Converges fast for x < a + 1. */
function series(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = a + 1; term > sum * EPSILON; n++) {
    term *= x / n;
    sum += term;
  }
  return sum * densityTimes(a, x);
}

/** DLMF 8.9.2 by Lentz's method. Converges fast for x > a + 1. */
function continuedFraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1 / TINY;
  let d = 1 / b;
  let h = d;
  for (let i = 1; ; i++) {
    const an = -i * (i - a);
    b += 2;
    d = 1 / nonZero(an * d + b);
    c = nonZero(b + an / c);
    const change = c * d;
    h *= change;
    if (Math.abs(change - 1) < 2 * EPSILON) return h * densityTimes(a, x);
  }
}

/** x^a e^(−x) / Γ(a). For large a by the deviance, whose terms do not cancel (Loader 2000). */
function densityTimes(a: number, x: number): number {
  if (a < 10) return Math.exp(a * Math.log(x) - x - logGamma(a));
  return Math.sqrt(a) * Math.exp(-a * deviance(x, a) - stirlingError(a) - LN_SQRT_2PI);
}

/** x/a − 1 − ln(x/a), also where x is close to a. */
function deviance(x: number, a: number): number {
  const u = (x - a) / a;
  if (Math.abs(u) > 0.1) return u - Math.log(x / a);
  let power = u * u;
  let sum = 0;
  for (let n = 2; ; n++) {
    const next = sum + power / n;
    if (next === sum) return sum;
    sum = next;
    power *= -u;
  }
}

/** Lentz's method divides by what may happen to be 0. */
export function nonZero(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}
