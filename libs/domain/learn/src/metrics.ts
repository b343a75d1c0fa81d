/** Share of rows whose decision (`score >= threshold`) is the label. NaN without rows. */
export function accuracy(scores: ArrayLike<number>, labels: ArrayLike<number>, threshold = 0.5): number {
  requireSameLength(scores, labels);
  let right = 0;
  for (let i = 0; i < scores.length; i++) if (scores[i]! >= threshold === (labels[i] === 1)) right++;
  return right / scores.length;
}

/**
 * Area under the ROC curve: the probability that a positive scores above a negative, ties counting one half
 * (Mann–Whitney U by ranks; Fawcett 2006). NaN when one class is absent.
 */
export function rocAuc(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  requireSameLength(scores, labels);
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i).sort((a, b) => scores[a]! - scores[b]!);
  let positives = 0;
  let rankSum = 0;
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && scores[order[end]!] === scores[order[start]!]) end++;
    const rank = (start + 1 + end) / 2;
    for (let i = start; i < end; i++) {
      if (labels[order[i]!] !== 1) continue;
      positives++;
      rankSum += rank;
    }
    start = end;
  }
  const negatives = scores.length - positives;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
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

function requireSameLength(scores: ArrayLike<number>, labels: ArrayLike<number>): void {
  if (scores.length !== labels.length) throw new RangeError(`${scores.length} scores for ${labels.length} labels`);
}
