import { regularizedBeta } from './beta.js';
import { normalQuantile, normalSurvival } from './normal.js';

/** P(T > t) of Student's t distribution, df > 0 degrees of freedom; infinite df: the normal distribution. */
export function studentTSurvival(t: number, df: number): number {
  if (!(df > 0) || Number.isNaN(t)) return NaN;
  if (df === Infinity) return normalSurvival(t);
  if (!Number.isFinite(t)) return t > 0 ? 0 : 1;
  const square = t * t;
  if (square === Infinity) return t > 0 ? 0 : 1;
  const tail = regularizedBeta(df / 2, 0.5, df / (df + square), square / (df + square)) / 2;
  return t >= 0 ? tail : 1 - tail;
}

/** The t with P(T ≤ t) = p. */
export function studentTQuantile(p: number, df: number): number {
  if (!(p >= 0 && p <= 1) || !(df > 0)) return NaN;
  if (p === 0 || p === 1) return p === 0 ? -Infinity : Infinity;
  if (p < 0.5) return -studentTQuantile(1 - p, df);
  if (df === Infinity) return normalQuantile(p);
  let low = 0;
  let high = Math.max(1, 2 * normalQuantile(p));
  while (studentTSurvival(high, df) > 1 - p && high < Number.MAX_VALUE) [low, high] = [high, high * 2];
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (studentTSurvival(middle, df) > 1 - p) low = middle;
    else high = middle;
  }
}
