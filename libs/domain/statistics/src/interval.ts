import { normalQuantile } from './normal.js';
import { studentTQuantile } from './student-t.js';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Of a proportion (Wilson 1927): stays within [0, 1], also at 0 and n successes. Without rows it is [0, 1]. */
export function wilson(successes: number, n: number, confidence: number): Interval {
  if (!(n > 0)) return { low: 0, high: 1 };
  const z = twoSided(confidence);
  const p = successes / n;
  const centre = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  return { low: successes <= 0 ? 0 : centre - half, high: successes >= n ? 1 : centre + half };
}

/**
 * Of a mean, by Student's t. Null for fewer than two rows: they do not tell how they vary.
 * @param variance of the sample, by n − 1
 */
export function meanInterval(mean: number, variance: number, n: number, confidence: number): Interval | null {
  if (!(n >= 2) || !Number.isFinite(mean) || !Number.isFinite(variance)) return null;
  const half = studentTQuantile((1 + confidence) / 2, n - 1) * Math.sqrt(Math.max(0, variance) / n);
  return { low: mean - half, high: mean + half };
}

/**
 * Of an ROC AUC known only with the sizes of its classes: every area whose own standard error, after Hanley and McNeil
 * (1982), puts the observed one within `confidence` (Newcombe 2006, method 4). So it has a width at 0 and 1 too. Null
 * where a class is absent.
 */
export function hanleyMcNeil(auc: number, positives: number, negatives: number, confidence: number): Interval | null {
  if (!(positives > 0) || !(negatives > 0) || !(auc >= 0 && auc <= 1)) return null;
  const z = twoSided(confidence);
  const isWithin = (area: number) =>
    Math.abs(auc - area) <= z * Math.sqrt(hanleyMcNeilVariance(area, positives, negatives));
  return { low: edgeOf(isWithin, auc, 0), high: edgeOf(isWithin, auc, 1) };
}

function hanleyMcNeilVariance(area: number, positives: number, negatives: number): number {
  const twoPositives = area / (2 - area);
  const twoNegatives = (2 * area * area) / (1 + area);
  const square = area * area;
  const sum = area * (1 - area) + (positives - 1) * (twoPositives - square) + (negatives - 1) * (twoNegatives - square);
  return Math.max(0, sum) / (positives * negatives);
}

/** The last value from `inside` towards `end` that is within, by bisection. */
function edgeOf(isWithin: (value: number) => boolean, inside: number, end: number): number {
  let within = inside;
  let beyond = end;
  for (let step = 0; step < 100; step++) {
    const middle = (within + beyond) / 2;
    if (isWithin(middle)) within = middle;
    else beyond = middle;
  }
  return within;
}

/**
 * Of an ROC AUC by DeLong, DeLong and Clarke-Pearson (1988), within [0, 1]. A positive's placement is the share of the
 * negatives that score below it (ties count one half), a negative's the share of the positives above it; their sample
 * variances (by n − 1) are what the query has to give. Null where a class has fewer than two rows.
 */
export function deLong(
  auc: number,
  positives: { readonly rows: number; readonly placementVariance: number },
  negatives: { readonly rows: number; readonly placementVariance: number },
  confidence: number,
): Interval | null {
  if (!(positives.rows >= 2) || !(negatives.rows >= 2) || !Number.isFinite(auc)) return null;
  const variance = positives.placementVariance / positives.rows + negatives.placementVariance / negatives.rows;
  if (!Number.isFinite(variance)) return null;
  const half = twoSided(confidence) * Math.sqrt(Math.max(0, variance));
  return { low: Math.max(0, auc - half), high: Math.min(1, auc + half) };
}

/**
 * Of an area under the precision–recall curve by the logit of a proportion of the positives (Boyd, Eng and Page 2013);
 * at 0 and 1, where a logit has no end, Wilson's. Null without positives.
 */
export function prAucInterval(area: number, positives: number, confidence: number): Interval | null {
  if (!(positives > 0) || !(area >= 0 && area <= 1)) return null;
  if (area === 0 || area === 1) return wilson(area * positives, positives, confidence);
  const centre = Math.log(area / (1 - area));
  const half = twoSided(confidence) / Math.sqrt(positives * area * (1 - area));
  return { low: 1 / (1 + Math.exp(half - centre)), high: 1 / (1 + Math.exp(-half - centre)) };
}

/** Standard normal deviation that `confidence` of all lies within. */
function twoSided(confidence: number): number {
  return normalQuantile((1 + confidence) / 2);
}
