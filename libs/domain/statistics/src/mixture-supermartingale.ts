import { logGamma, regularizedGammaP } from './gamma.js';
import { normalCdf } from './normal.js';

/**
 * Evidence that grows while a sum exceeds what it should be. Each is a nonnegative supermartingale that begins at 1 as long as the
 * null hypothesis holds, so that it ever reaches 1/α with a chance of at most α (Ville 1939), however often one looks.
 */

/** From here on the gamma distribution is taken for a normal one: their difference is below 1e-3 of a tail that is 1 wherever it matters. */
const LARGE_SHAPE = 1e5;
/** And from here on the mixture is the normal one, which its terms, of this size, would no longer tell from their rounding. */
const NO_SKEW_SHAPE = 1e10;

/**
 * ln of exp(λs − λ²v/2), averaged over λ > 0 by a half-normal distribution of variance 1/ρ (Howard et al. 2021, proposition 6).
 *
 * With v the sum of squares of the terms of s, it is such a supermartingale if each term, given those before, is as probable as its
 * negative (de la Peña 1999): as the differences of two models are that are equally good.
 *
 * @param s a sum whose terms should not exceed 0 on average
 * @param v the variance that it has gathered
 * @param rho where it is sharpest (`tunedFor`)
 */
export function logNormalMixture(s: number, v: number, rho: number): number {
  const scale = v + rho;
  const z = s / Math.sqrt(scale);
  return Math.log(2) + 0.5 * Math.log(rho / scale) + (z * z) / 2 + Math.log(normalCdf(z));
}

/**
 * ln of exp(λs − ψ(λ)v), ψ(λ) = (−ln(1 − cλ) − cλ) / c², averaged over λ in (0, 1/c) where 1 − cλ is gamma-distributed, truncated
 * (Howard et al. 2021, proposition 9); no more than 0 where s is not positive.
 *
 * With v the sum of squares of the terms of s, it is such a supermartingale if no term lies below −c and none, given those before,
 * exceeds 0 on average (Fan, Grama and Liu 2015; Howard et al. 2021, theorem 4): an empirical Bernstein bound, for any distribution.
 */
export function logGammaExponentialMixture(s: number, v: number, rho: number, c: number): number {
  const square = c * c;
  const a = rho / square;
  const b = (v + rho) / square;
  const x = (c * s + v + rho) / square;
  if (b > NO_SKEW_SHAPE) return logNormalMixture(s, v, rho);
  const value =
    a * Math.log(a) -
    logGamma(a) -
    logShare(a, a) +
    logGamma(b) +
    logShare(b, x) -
    b * Math.log(x) +
    (c * s + v) / square;
  // No λ > 0 makes evidence of a sum that is not positive; but the tail that its share lies in is told too badly to show that.
  return s > 0 || value < 0 ? value : 0;
}

function logShare(shape: number, x: number): number {
  // Below the last digit of 1.
  if (x > shape + 12 * Math.sqrt(shape) + 60) return 0;
  if (shape > LARGE_SHAPE) return Math.log(normalCdf((x - shape) / Math.sqrt(shape)));
  return Math.log(regularizedGammaP(shape, x));
}

/**
 * The ρ by which evidence of strength 1/α takes the least excess at variance `v`; it is nearly as sharp within a factor of ten of it
 * (Howard et al. 2021, section 3.5, for one side).
 */
export function tunedFor(v: number, alpha: number): number {
  const twice = 2 * Math.log(1 / Math.min(0.4, 2 * alpha));
  return v / (twice + Math.log(1 + twice));
}
