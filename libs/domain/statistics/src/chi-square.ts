import { regularizedGammaQ } from './gamma.js';

/** P(X > x) of the χ² distribution. With 0 degrees of freedom X is always 0. */
export function chiSquareSurvival(x: number, df: number): number {
  if (!(df >= 0) || Number.isNaN(x)) return NaN;
  if (x <= 0) return 1;
  return df === 0 ? 0 : regularizedGammaQ(df / 2, x / 2);
}

/** The x with P(X > x) = p: what a χ² statistic exceeds by chance with that probability. */
export function chiSquareQuantile(p: number, df: number): number {
  if (!(p >= 0 && p <= 1) || !(df >= 0)) return NaN;
  if (p === 1 || df === 0) return 0;
  if (p === 0) return Infinity;
  let low = 0;
  let high = df + 1;
  while (chiSquareSurvival(high, df) > p) [low, high] = [high, high * 2];
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (chiSquareSurvival(middle, df) > p) low = middle;
    else high = middle;
  }
}
