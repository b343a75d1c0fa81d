import type { LabelledScores, Metric } from './metric.js';
import { meanOf } from './metric.js';

/** As scikit-learn clips probabilities before it takes their logarithm: float64's resolution. */
const EPSILON = Number.EPSILON;
const BINS = 10;

/** The names and meanings of the monitors' metrics (libs/domain/monitors), which are scikit-learn's. */
export const BINARY: Readonly<Record<string, Metric>> = {
  accuracy: meanOf(({ labels, scores, rule }, row) => Number(scores[row]! >= rule.threshold === (labels[row] === 1))),
  precision: confusion(({ tp, fp }) => tp / (tp + fp)),
  recall: confusion(({ tp, fn }) => tp / (tp + fn)),
  f1: confusion(({ tp, fp, fn }) => (2 * tp) / (2 * tp + fp + fn)),
  roc_auc: { prepare: areaUnderRoc },
  pr_auc: { prepare: averagePrecision },
  log_loss: meanOf(({ labels, scores }, row) => {
    const p = Math.min(Math.max(scores[row]!, EPSILON), 1 - EPSILON);
    return labels[row] === 1 ? -Math.log(p) : -Math.log1p(-p);
  }),
  brier: meanOf(({ labels, scores }, row) => (scores[row]! - labels[row]!) ** 2),
  calibration_error: { prepare: calibrationError },
};

interface Counts {
  readonly tp: number;
  readonly fp: number;
  readonly fn: number;
}

function confusion(ratio: (counts: Counts) => number): Metric {
  return {
    prepare: ({ labels, scores, rule }) => {
      // 0: true negative, 1: false positive, 2: false negative, 3: true positive.
      const cells = Uint8Array.from(
        { length: labels.length },
        (_, row) => (scores[row]! >= rule.threshold ? 1 : 0) + (labels[row] === 1 ? 2 : 0),
      );
      return (weights) => {
        const counts = [0, 0, 0, 0];
        for (let row = 0; row < cells.length; row++) counts[cells[row]!]! += weights === null ? 1 : weights[row]!;
        return ratio({ fp: counts[1]!, fn: counts[2]!, tp: counts[3]! });
      };
    },
  };
}

/** By falling score: what a threshold below each row would take in. */
function byScore({ scores }: LabelledScores): Uint32Array {
  return Uint32Array.from({ length: scores.length }, (_, row) => row).sort((a, b) => scores[b]! - scores[a]!);
}

/** P(a positive scores above a negative), ties counting one half. */
function areaUnderRoc(rows: LabelledScores): (weights: ArrayLike<number> | null) => number {
  const { labels, scores } = rows;
  const order = byScore(rows);
  return (weights) => {
    let positives = 0;
    let negatives = 0;
    let area = 0;
    for (let start = 0; start < order.length;) {
      const score = scores[order[start]!];
      let tiedPositives = 0;
      let tiedNegatives = 0;
      let end = start;
      for (; end < order.length && scores[order[end]!] === score; end++) {
        const weight = weights === null ? 1 : weights[order[end]!]!;
        if (labels[order[end]!] === 1) tiedPositives += weight;
        else tiedNegatives += weight;
      }
      area += tiedNegatives * (positives + tiedPositives / 2);
      positives += tiedPositives;
      negatives += tiedNegatives;
      start = end;
    }
    return area / (positives * negatives);
  };
}

/** Steps, no trapezoids; tied scores are one step. */
function averagePrecision(rows: LabelledScores): (weights: ArrayLike<number> | null) => number {
  const { labels, scores } = rows;
  const order = byScore(rows);
  return (weights) => {
    let taken = 0;
    let hits = 0;
    let sum = 0;
    for (let start = 0; start < order.length;) {
      const score = scores[order[start]!];
      let tied = 0;
      let end = start;
      for (; end < order.length && scores[order[end]!] === score; end++) {
        const weight = weights === null ? 1 : weights[order[end]!]!;
        taken += weight;
        if (labels[order[end]!] === 1) tied += weight;
      }
      hits += tied;
      if (tied > 0) sum += tied * (hits / taken);
      start = end;
    }
    return sum / hits;
  };
}

/** Ten bins of equal width: the mean gap of a bin's scores and its labels, by how many rows it has. */
function calibrationError({ labels, scores }: LabelledScores): (weights: ArrayLike<number> | null) => number {
  const edges = Array.from({ length: BINS - 1 }, (_, i) => (i + 1) * 0.1);
  const bins = Uint8Array.from(
    { length: labels.length },
    (_, row) => edges.filter((edge) => scores[row]! > edge).length,
  );
  return (weights) => {
    const gaps = new Float64Array(BINS);
    let total = 0;
    for (let row = 0; row < bins.length; row++) {
      const weight = weights === null ? 1 : weights[row]!;
      gaps[bins[row]!]! += weight * (labels[row]! - scores[row]!);
      total += weight;
    }
    return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / total;
  };
}
