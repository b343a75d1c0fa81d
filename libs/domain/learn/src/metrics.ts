/** Metrics of scores against labels, by the names and meanings of the monitors' (libs/domain/monitors), which are scikit-learn's. */

/** Share of rows whose decision (`score >= threshold`) is the label. NaN without rows. */
export function accuracy(scores: ArrayLike<number>, labels: ArrayLike<number>, threshold = 0.5): number {
  requireSameLength(scores, labels);
  let right = 0;
  for (let i = 0; i < scores.length; i++) if (scores[i]! >= threshold === (labels[i] === 1)) right++;
  return right / scores.length;
}

/** Harmonic mean of precision and recall of `score >= threshold`. NaN where nothing is positive and nothing decided so. */
export function f1(scores: ArrayLike<number>, labels: ArrayLike<number>, threshold = 0.5): number {
  requireSameLength(scores, labels);
  let hits = 0;
  let wrong = 0;
  for (let i = 0; i < scores.length; i++) {
    const decided = scores[i]! >= threshold;
    if (decided && labels[i] === 1) hits++;
    else if (decided !== (labels[i] === 1)) wrong++;
  }
  return (2 * hits) / (2 * hits + wrong);
}

/**
 * Area under the ROC curve: the probability that a positive scores above a negative, ties counting one half
 * (Mann–Whitney U by ranks; Fawcett 2006). NaN when one class is absent.
 */
export function rocAuc(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  requireSameLength(scores, labels);
  let positives = 0;
  let rankSum = 0;
  for (const { from, to, hits } of tiesOf(scores, labels)) {
    positives += hits;
    rankSum += (hits * (from + 1 + to)) / 2;
  }
  const negatives = scores.length - positives;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}

/** Average precision: precision at each score that takes in positives, weighted by how many. NaN without positives. */
export function prAuc(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  requireSameLength(scores, labels);
  let taken = 0;
  let positives = 0;
  let sum = 0;
  for (const { from, to, hits } of tiesOf(scores, labels).toReversed()) {
    taken += to - from;
    positives += hits;
    sum += (hits * positives) / taken;
  }
  return sum / positives;
}

/**
 * Mean negative log likelihood in nats. Scores are clipped to [epsilon, 1 − epsilon], by default at float64's resolution
 * as scikit-learn does, so that one sure and wrong score does not make it infinite. NaN without rows.
 */
export function logLoss(scores: ArrayLike<number>, labels: ArrayLike<number>, epsilon = Number.EPSILON): number {
  requireSameLength(scores, labels);
  let sum = 0;
  for (let i = 0; i < scores.length; i++) {
    const p = Math.min(Math.max(scores[i]!, epsilon), 1 - epsilon);
    sum -= labels[i] === 1 ? Math.log(p) : Math.log1p(-p);
  }
  return sum / scores.length;
}

/** Mean squared difference of score and label: Brier score of a probability. */
export function meanSquaredError(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  requireSameLength(scores, labels);
  let sum = 0;
  for (let i = 0; i < scores.length; i++) sum += (scores[i]! - labels[i]!) ** 2;
  return sum / scores.length;
}

export function meanAbsoluteError(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  requireSameLength(scores, labels);
  let sum = 0;
  for (let i = 0; i < scores.length; i++) sum += Math.abs(scores[i]! - labels[i]!);
  return sum / scores.length;
}

/** Share of the labels' variance that is told; NaN where they do not vary. */
export function r2(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  let mean = 0;
  for (let i = 0; i < labels.length; i++) mean += labels[i]! / labels.length;
  let spread = 0;
  for (let i = 0; i < labels.length; i++) spread += (labels[i]! - mean) ** 2 / labels.length;
  return spread === 0 ? NaN : 1 - meanSquaredError(scores, labels) / spread;
}

/** Upper edges of ten bins of equal width but the last, each with its upper edge, as numpy's `linspace` gives them. */
const EDGES = Array.from({ length: 9 }, (_, i) => (i + 1) * 0.1);

/** Expected calibration error: mean gap between score and share of positives, over ten bins of equal width. */
export function calibrationError(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  requireSameLength(scores, labels);
  const gaps = new Float64Array(EDGES.length + 1);
  for (let i = 0; i < scores.length; i++) {
    const bin = EDGES.reduce((above, edge) => above + (scores[i]! > edge ? 1 : 0), 0);
    gaps[bin] = gaps[bin]! + labels[i]! - scores[i]!;
  }
  return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / scores.length;
}

/** Rows of one score, `from` to `to` (exclusive) by rising score, and how many of them are positive. */
interface Ties {
  readonly from: number;
  readonly to: number;
  readonly hits: number;
}

function tiesOf(scores: ArrayLike<number>, labels: ArrayLike<number>): readonly Ties[] {
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i).sort((a, b) => scores[a]! - scores[b]!);
  const ties: Ties[] = [];
  for (let from = 0; from < order.length;) {
    let to = from;
    let hits = 0;
    for (; to < order.length && scores[order[to]!] === scores[order[from]!]; to++) if (labels[order[to]!] === 1) hits++;
    ties.push({ from, to, hits });
    from = to;
  }
  return ties;
}

function requireSameLength(scores: ArrayLike<number>, labels: ArrayLike<number>): void {
  if (scores.length !== labels.length) throw new RangeError(`${scores.length} scores for ${labels.length} labels`);
}
