import { logGammaExponentialMixture, logNormalMixture, tunedFor } from './mixture-supermartingale.js';

/** What is known of a series of terms. Order does not matter: sums are enough. */
export interface TermSums {
  readonly count: number;
  readonly sum: number;
  readonly squares: number;
  /** The same terms, cut into stretches of time; empty: they are taken for independent of one another. */
  readonly blocks: readonly { readonly count: number; readonly sum: number }[];
}

export interface SequenceSettings {
  /** Chance that the bound is ever wrong. */
  readonly alpha: number;
  /** No term is smaller, or larger; null: it may be any number. */
  readonly floor: number | null;
  readonly ceiling: number | null;
  /** Number of terms at which it is to be sharpest, and the variance that one of bounded terms is guessed to have. */
  readonly tunedCount: number;
  readonly tunedVariance: number;
}

/** Fewer stretches say nothing about how they vary, and so many say little. */
const FEW_STRETCHES = 8;
/** Terms of a stretch. */
const LEAST_STRETCH = 50;
const STEPS = 40;

/**
 * ln of the evidence that the mean of the terms lies above `m`; ln(1/α) or more refutes at level α that it is at most `m`, at whatever
 * number of terms one looks.
 *
 * Where no term lies below a floor, it holds for any distribution (empirical Bernstein). Else it is Robbins' normal mixture of the
 * sum over its own deviation: asymptotic (Waudby-Smith et al. 2024), and near to exact for differences of two equal models,
 * which are symmetric (de la Peña 1999). Terms that follow one another may be alike, and are then worth less than
 * their number: stretches of them tell by how much, and only ever weaken the evidence.
 */
export function logEvidenceAbove(terms: TermSums, m: number, settings: SequenceSettings): number {
  const { count, sum } = terms;
  if (!(count > 0)) return 0;
  const s = sum - count * m;
  const v = varianceAround(terms, m);
  const { alpha, floor, tunedCount, tunedVariance } = settings;
  if (floor === null) {
    if (!(v > 0)) return 0;
    return logNormalMixture(s / Math.sqrt(v / count), count, tunedFor(tunedCount, alpha));
  }
  const c = m - floor;
  if (!(c > 0)) return s > 0 ? Infinity : 0;
  return logGammaExponentialMixture(s, v, tunedFor(tunedCount * tunedVariance, alpha), c);
}

/**
 * Of the sum of the terms around `count` · m: of the terms, times by how much more the sums of stretches vary than independent terms
 * would let them. Too few stretches say that badly; they stand for themselves then, around m, as terms would.
 */
function varianceAround(terms: TermSums, m: number): number {
  const { count, sum } = terms;
  const single = squaresAround(terms, m);
  const stretches = stretchesOf(terms);
  if (stretches.length < FEW_STRETCHES) return single;
  const isFew = stretches.length < 1.5 * FEW_STRETCHES;
  const centre = isFew ? m : sum / count;
  const squares = stretches.reduce((total, one) => total + (one.sum - one.count * centre) ** 2, 0);
  const ofStretches = (squares * stretches.length) / (stretches.length - 1);
  if (isFew) return Math.max(single, ofStretches);
  const alone = squaresAround(terms, centre);
  if (!(alone > 0)) return single;
  // What is estimated from n stretches is told too sharply by about that.
  const margin = (stretches.length - 1) / (stretches.length - 3);
  return single * Math.max(1, (ofStretches / alone) * margin);
}

function squaresAround({ count, sum, squares }: TermSums, m: number): number {
  return Math.max(0, squares - 2 * m * sum + count * m * m);
}

/** Neighbours are put together until a stretch is long enough to be unlike the next. */
function stretchesOf({ count, blocks }: TermSums): TermSums['blocks'] {
  const used = blocks.filter((block) => block.count > 0);
  let together = 1;
  const after = (times: number): number => Math.ceil(used.length / (together * times));
  while (after(2) >= FEW_STRETCHES && count / after(1) < LEAST_STRETCH) together *= 2;
  if (together === 1) return used;
  const stretches: { count: number; sum: number }[] = [];
  for (const [i, block] of used.entries()) {
    if (i % together === 0) stretches.push({ count: 0, sum: 0 });
    const last = stretches.at(-1)!;
    last.count += block.count;
    last.sum += block.sum;
  }
  return stretches;
}

/**
 * The mean is at least this, with a chance of at most α that this is ever said wrongly, however often one looks. −∞ (the
 * floor) where too little is known.
 */
export function lowerConfidenceSequence(terms: TermSums, settings: SequenceSettings): number {
  const { count, sum } = terms;
  const least = settings.floor ?? -Infinity;
  if (!(count > 0)) return least;
  const refuted = Math.log(1 / settings.alpha);
  const isRefuted = (m: number): boolean => logEvidenceAbove(terms, m, settings) >= refuted;
  const mean = sum / count;
  const spread = Math.sqrt(varianceAround(terms, mean)) / count;
  // Far enough below the mean everything is refuted, or nothing ever is.
  let low = mean - Math.max(spread, Number.EPSILON * Math.abs(mean), Number.MIN_VALUE);
  for (let step = 0; !isRefuted(low); step++) {
    if (low <= least || step > STEPS) return least;
    low = Math.max(least, mean - (mean - low) * 2);
  }
  let high = mean;
  for (let step = 0; step < STEPS && high - low > (mean - low) * 1e-5; step++) {
    const middle = (low + high) / 2;
    if (isRefuted(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** The same from above. */
export function upperConfidenceSequence(terms: TermSums, settings: SequenceSettings): number {
  return -lowerConfidenceSequence(negated(terms), mirrored(settings));
}

/** ln of the evidence that the mean of the terms lies below `m`. */
export function logEvidenceBelow(terms: TermSums, m: number, settings: SequenceSettings): number {
  return logEvidenceAbove(negated(terms), -m, mirrored(settings));
}

function negated(terms: TermSums): TermSums {
  return { ...terms, sum: -terms.sum, blocks: terms.blocks.map(({ count, sum }) => ({ count, sum: -sum })) };
}

function mirrored(settings: SequenceSettings): SequenceSettings {
  const { floor, ceiling } = settings;
  return { ...settings, floor: ceiling === null ? null : -ceiling, ceiling: floor === null ? null : -floor };
}
