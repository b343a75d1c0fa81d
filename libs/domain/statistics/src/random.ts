import { logGamma } from './gamma.js';

/** Taken out of `Math` once: in a context of its own, as tests run in, a global costs many times what the product does. */
const { imul } = Math;

/** Numbers in (0, 1), the same for the same seed (mulberry32). */
export function seededUniforms(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = imul(t ^ (t >>> 15), t | 1);
    t ^= t + imul(t ^ (t >>> 7), t | 61);
    return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 4_294_967_296;
  };
}

/** How many of `n` fall to each of `shares` (which sum to 1); written into `into`. */
export function drawMultinomial(
  n: number,
  shares: readonly number[],
  uniform: () => number,
  into: number[],
): readonly number[] {
  let left = n;
  let shareLeft = 1;
  for (const [index, share] of shares.entries()) {
    const last = index === shares.length - 1;
    const drawn = last ? left : drawBinomial(left, Math.min(1, share / shareLeft), uniform);
    into[index] = drawn;
    left -= drawn;
    shareLeft = Math.max(shareLeft - share, Number.MIN_VALUE);
  }
  return into;
}

/** Exact for any n: inversion where few are expected, else transformed rejection (Hörmann 1993, BTRS). */
export function drawBinomial(n: number, p: number, uniform: () => number): number {
  if (n === 0 || p <= 0) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - drawBinomial(n, 1 - p, uniform);
  return n * p < 10 ? byInversion(n, p, uniform) : byRejection(n, p, uniform);
}

function byInversion(n: number, p: number, uniform: () => number): number {
  const odds = p / (1 - p);
  for (;;) {
    let probability = Math.exp(n * Math.log1p(-p));
    let left = uniform();
    // 110 lies more than 20 standard deviations above what is expected here.
    for (let k = 0; k <= Math.min(n, 110); k++) {
      if (left < probability) return k;
      left -= probability;
      probability *= (odds * (n - k)) / (k + 1);
    }
  }
}

function byRejection(n: number, p: number, uniform: () => number): number {
  const deviation = Math.sqrt(n * p * (1 - p));
  const b = 1.15 + 2.53 * deviation;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const c = n * p + 0.5;
  const quick = 0.92 - 4.2 / b;
  const alpha = (2.83 + 5.1 / b) * deviation;
  const odds = Math.log(p / (1 - p));
  const mode = Math.floor((n + 1) * p);
  const atMode = logGamma(mode + 1) + logGamma(n - mode + 1);
  for (;;) {
    const u = uniform() - 0.5;
    const v = uniform();
    const us = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / us + b) * u + c);
    if (us >= 0.07 && v <= quick) return k;
    if (k < 0 || k > n) continue;
    const accepted = Math.log((v * alpha) / (a / (us * us) + b));
    if (accepted <= atMode - logGamma(k + 1) - logGamma(n - k + 1) + (k - mode) * odds) return k;
  }
}
