export type Decision = 'approve' | 'review' | 'decline';

/** @param score probability of fraud in [0, 1] */
export function decisionOf(score: number): Decision {
  if (score >= 0.8) return 'decline';
  return score >= 0.5 ? 'review' : 'approve';
}
