import { meanOf, weightedMean, type Metric } from './metric.js';

/** Smallest divisor of a percentage error, as scikit-learn's: a label of 0 makes it huge, not infinite. */
const EPSILON = Number.EPSILON;

const squaredError = meanOf(({ labels, scores }, row) => (labels[row]! - scores[row]!) ** 2);

export const REGRESSION: Readonly<Record<string, Metric>> = {
  mae: meanOf(({ labels, scores }, row) => Math.abs(labels[row]! - scores[row]!)),
  rmse: {
    prepare: (rows) => {
      const mean = squaredError.prepare(rows);
      return (weights) => Math.sqrt(mean(weights));
    },
  },
  mape: meanOf(
    ({ labels, scores }, row) => Math.abs(labels[row]! - scores[row]!) / Math.max(Math.abs(labels[row]!), EPSILON),
  ),
  r2: {
    prepare: (rows) => {
      const error = squaredError.prepare(rows);
      return (weights) => {
        const mean = weightedMean(rows.labels, weights);
        const spread = weightedMean(
          Float64Array.from(rows.labels, (label) => (label - mean) ** 2),
          weights,
        );
        return spread === 0 ? NaN : 1 - error(weights) / spread;
      };
    },
  },
};
