/** P(K > x) of Kolmogorov's distribution: of √n·D as n grows without bound. */
export function kolmogorovSurvival(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (x <= 0) return 1;
  if (x < 0.5) return 1 - cdfNearZero(x);
  let sum = 0;
  for (let k = 1; ; k++) {
    const term = Math.exp(-2 * k * k * x * x);
    sum += k % 2 === 1 ? term : -term;
    if (term <= sum * Number.EPSILON) return Math.min(1, 2 * sum);
  }
}

/** The theta function's other form, which converges where the alternating one does not. */
function cdfNearZero(x: number): number {
  let sum = 0;
  for (let k = 1; k <= 7; k += 2) sum += Math.exp(-((k * Math.PI) ** 2) / (8 * x * x));
  return (Math.sqrt(2 * Math.PI) / x) * sum;
}

/** Steps over the lattice up to which the exact p-value is worth its time: about 10 ms. */
const MOST_EXACT_STEPS = 4_000_000;

/**
 * p-value of a two-sided two-sample Kolmogorov–Smirnov statistic: exact while `n·m` is at most four million, else by the
 * distribution of the one-sample statistic at `nm/(n+m)` rows (as SciPy's `ks_2samp`, which is exact up to 10,000 rows).
 * With ties it is an upper bound.
 * @param statistic largest distance of the two distribution functions
 */
export function kolmogorovSmirnovPValue(statistic: number, n: number, m: number): number {
  if (!(n > 0) || !(m > 0) || Number.isNaN(statistic)) return NaN;
  if (statistic <= 0) return 1;
  return n * m <= MOST_EXACT_STEPS
    ? exactTwoSample(statistic, n, m)
    : kolmogorovSmirnovSurvival(statistic, Math.round((n * m) / (n + m)));
}

/**
 * The share of the lattice paths from (0, 0) to (n, m) that come as far as `statistic` from the diagonal. Kept as a
 * probability it neither overflows nor cancels (Viehmann 2021, arXiv:2102.08037).
 */
function exactTwoSample(statistic: number, n: number, m: number): number {
  const [long, short] = n >= m ? [n, m] : [m, n];
  // Distances are multiples of 1/lcm; compared as integers, rounding in the statistic does not matter.
  const divisor = greatestCommonDivisor(long, short);
  const bound = Math.round(statistic * (long / divisor) * short);
  if (bound === 0) return 1;
  const perLong = short / divisor;
  const perShort = long / divisor;
  const outside = new Float64Array(short + 1);
  for (let j = 0; j <= short; j++) outside[j] = j * perShort >= bound ? 1 : 0;
  for (let i = 1; i <= long; i++) {
    if (i * perLong >= bound) outside[0] = 1;
    const from = Math.max(1, Math.floor((i * perLong - bound) / perShort) + 1);
    const to = Math.min(short, Math.ceil((i * perLong + bound) / perShort) - 1);
    if (from > to && (from > 1 || i * perLong >= bound)) return 1;
    // Above the band it is 1 from the beginning.
    if (from > 1) outside[from - 1] = 1;
    let value = outside[from - 1]!;
    for (let j = from; j <= to; j++) {
      value = (outside[j]! * i + value * j) / (i + j);
      outside[j] = value;
    }
  }
  return Math.min(1, outside[short]!);
}

/** Rows beyond which the tail is the limit's with its first correction: it then errs by less than 1e-4 of itself. */
const MOST_SUMMED_ROWS = 20_000;

/** P(D_n > d) of the two-sided one-sample statistic. */
export function kolmogorovSmirnovSurvival(d: number, n: number): number {
  const x = n * d * d;
  if (d >= 1) return 0;
  if (n * d <= 0.5) return 1;
  // So far out both sides are not crossed together, and the two-sided tail is twice the one-sided one.
  if (x > 4 || (n > 140 && x > 2.2)) return Math.min(1, 2 * oneSidedSurvival(d, n));
  if (n <= 140) return Math.max(0, 1 - matrixCdf(d, n));
  // Vrbik 2018: the limit at a corrected argument; absolute error below 0.025/n.
  const root = Math.sqrt(n);
  return kolmogorovSurvival(root * d + 1 / (6 * root) + (root * d - 1) / (4 * n));
}

/** Birnbaum and Tingey's sum for P(D⁺ > d); for many rows Maag and Dicaire's approximation. */
function oneSidedSurvival(d: number, n: number): number {
  if (n > MOST_SUMMED_ROWS) return Math.exp(-((6 * n * d + 1) ** 2) / (18 * n));
  let sum = 0;
  let logBinomial = 0;
  for (let j = 0; j <= Math.floor(n * (1 - d)); j++) {
    const above = d + j / n;
    const below = 1 - above;
    if (below > 0) sum += Math.exp(logBinomial + (j - 1) * Math.log(above) + (n - j) * Math.log(below));
    logBinomial += Math.log((n - j) / (j + 1));
  }
  return d * sum;
}

/** P(D_n < d) by powers of a matrix (Marsaglia, Tsang and Wang 2003). */
function matrixCdf(d: number, n: number): number {
  const k = Math.ceil(n * d);
  const size = 2 * k - 1;
  const h = k - n * d;
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) if (i - j + 1 >= 0) matrix[i * size + j] = 1;
  }
  for (let i = 0; i < size; i++) {
    matrix[i * size] = matrix[i * size]! - h ** (i + 1);
    matrix[(size - 1) * size + i] = matrix[(size - 1) * size + i]! - h ** (size - i);
  }
  matrix[(size - 1) * size] = matrix[(size - 1) * size]! + (2 * h - 1 > 0 ? (2 * h - 1) ** size : 0);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      for (let g = 2; g <= i - j + 1; g++) matrix[i * size + j] = matrix[i * size + j]! / g;
    }
  }
  // n!/nⁿ is multiplied in as the power is made, so that nothing overflows: n ≤ 140.
  let result: Float64Array = matrix;
  for (let step = 2; step <= n; step++) result = multiply(result, matrix, size, step / n);
  return result[(k - 1) * size + k - 1]! / n;
}

function multiply(a: Float64Array, b: Float64Array, size: number, scale: number): Float64Array {
  const product = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < size; k++) {
      const factor = a[i * size + k]! * scale;
      if (factor === 0) continue;
      for (let j = 0; j < size; j++) product[i * size + j] = product[i * size + j]! + factor * b[k * size + j]!;
    }
  }
  return product;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
