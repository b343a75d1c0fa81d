import type { DecisionRule, GateScores } from '../scorer.js';

/** Rows with their labels and what one model said of them; every row has a score. */
export interface LabelledScores extends Pick<GateScores, 'scores' | 'classScores'> {
  readonly labels: ArrayLike<number>;
  readonly rule: DecisionRule;
}

/** @param weights how often each row counts; null: once. @returns NaN where the rows give no value */
export type WeightedMetric = (weights: ArrayLike<number> | null) => number;

export interface Metric {
  /** What does not change from one draw of the rows to the next is computed here once. */
  prepare(rows: LabelledScores): WeightedMetric;
  /** Of a metric that is a mean over rows: what it is the mean of. */
  readonly terms?: (rows: LabelledScores) => Float64Array;
}

/** A mean over rows of a term of each row's own. */
export function meanOf(term: (rows: LabelledScores, row: number) => number): Metric {
  const termsOf = (rows: LabelledScores): Float64Array =>
    Float64Array.from({ length: rows.labels.length }, (_, row) => term(rows, row));
  return {
    terms: termsOf,
    prepare: (rows) => {
      const terms = termsOf(rows);
      return (weights) => weightedMean(terms, weights);
    },
  };
}

export function weightedMean(terms: ArrayLike<number>, weights: ArrayLike<number> | null): number {
  let sum = 0;
  let total = 0;
  for (let row = 0; row < terms.length; row++) {
    const weight = weights === null ? 1 : weights[row]!;
    if (weight === 0) continue;
    sum += weight * terms[row]!;
    total += weight;
  }
  return sum / total;
}
