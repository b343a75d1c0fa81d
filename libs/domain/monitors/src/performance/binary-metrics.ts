import { hanleyMcNeil, meanInterval, prAucInterval, wilson } from '#domain/statistics';
import { countIn, numberIn } from '../query-row.js';
import type { TaskMetrics } from './performance-metric.js';

/** As scikit-learn clips probabilities before it takes their logarithm: float64's resolution. */
export const EPSILON = Number.EPSILON;

/** Upper edges of the bins but the last: ten of equal width, each with its upper edge, as numpy's `linspace` gives them. */
const EDGES = Array.from({ length: 9 }, (_, i) => (i + 1) * 0.1);

const COUNTS = {
  tp: 'countIf(positive AND y)',
  fp: 'countIf(positive AND NOT y)',
  fn: 'countIf(NOT positive AND y)',
  tn: 'countIf(NOT positive AND NOT y)',
};

/**
 * Of decisions as they were served, and of scores as P(positive). A ratio without a denominator has no value (scikit-learn
 * with `zero_division=nan`), nor has an area where one class is absent.
 */
export const BINARY: TaskMetrics = {
  labelledRows: {
    y: 'label = 1',
    p: 'score',
    positive: "decision = 'positive'",
    clipped: `least(greatest(score, ${EPSILON}), 1 - ${EPSILON})`,
    loss: '-log(if(y, clipped, 1 - clipped))',
    squared: 'pow(p - y, 2)',
    bin: EDGES.map((edge) => `(p > ${edge})`).join(' + '),
  },
  where: 'isFinite(score)',
  worst: { orderBy: 'abs(label - score) DESC', where: "(decision = 'positive') != (label = 1)" },
  metrics: {
    accuracy: {
      columns: { ...COUNTS, accuracy: '(tp + tn) / rows' },
      higherIsBetter: true,
      interval: (_, row, confidence) =>
        wilson(countIn(row, 'tp') + countIn(row, 'tn'), countIn(row, 'rows'), confidence),
    },
    precision: {
      columns: { ...COUNTS, precision: 'tp / (tp + fp)' },
      higherIsBetter: true,
      interval: (_, row, confidence) => wilson(countIn(row, 'tp'), countIn(row, 'tp') + countIn(row, 'fp'), confidence),
    },
    recall: {
      columns: { ...COUNTS, recall: 'tp / (tp + fn)' },
      higherIsBetter: true,
      interval: (_, row, confidence) => wilson(countIn(row, 'tp'), countIn(row, 'tp') + countIn(row, 'fn'), confidence),
    },
    f1: {
      columns: { ...COUNTS, f1: '2 * tp / (2 * tp + fp + fn)' },
      higherIsBetter: true,
      // F1 rises with the share of true positives among all but true negatives, of which Wilson's is the interval.
      interval: (_, row, confidence) => {
        const tp = countIn(row, 'tp');
        const { low, high } = wilson(tp, tp + countIn(row, 'fp') + countIn(row, 'fn'), confidence);
        return { low: (2 * low) / (1 + low), high: (2 * high) / (1 + high) };
      },
    },
    roc_auc: {
      // Ties count one half.
      columns: { ...COUNTS, roc_auc: 'arrayROCAUC(groupArray(p), groupArray(y))' },
      higherIsBetter: true,
      interval: (value, row, confidence) =>
        hanleyMcNeil(
          value,
          countIn(row, 'tp') + countIn(row, 'fn'),
          countIn(row, 'fp') + countIn(row, 'tn'),
          confidence,
        ),
    },
    pr_auc: {
      // Average precision: steps, no trapezoids; tied scores are one step.
      columns: { ...COUNTS, pr_auc: 'if(tp + fn = 0, nan, arrayPRAUC(groupArray(p), groupArray(y)))' },
      higherIsBetter: true,
      interval: (value, row, confidence) => prAucInterval(value, countIn(row, 'tp') + countIn(row, 'fn'), confidence),
    },
    log_loss: {
      columns: { log_loss: 'avg(loss)', log_loss_variance: 'varSampStable(loss)' },
      higherIsBetter: false,
      interval: (value, row, confidence) =>
        meanInterval(value, numberIn(row, 'log_loss_variance') ?? NaN, countIn(row, 'rows'), confidence),
    },
    brier: {
      columns: { brier: 'avg(squared)', brier_variance: 'varSampStable(squared)' },
      higherIsBetter: false,
      interval: (value, row, confidence) =>
        meanInterval(value, numberIn(row, 'brier_variance') ?? NaN, countIn(row, 'rows'), confidence),
    },
    calibration_error: {
      columns: {
        brier: 'avg(squared)',
        calibration_error: `(${Array.from({ length: 10 }, (_, bin) => `abs(sumIf(y - p, bin = ${bin}))`).join(' + ')}) / rows`,
      },
      higherIsBetter: false,
      // The sum of the bins' gaps has at most the variance of the rows' gaps, whose mean square is the Brier score.
      interval: (value, row, confidence) => {
        const interval = meanInterval(value, numberIn(row, 'brier') ?? NaN, countIn(row, 'rows'), confidence);
        return interval && { low: Math.max(0, interval.low), high: Math.min(1, interval.high) };
      },
    },
  },
};
