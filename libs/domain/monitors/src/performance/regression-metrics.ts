import { meanInterval } from '#domain/statistics';
import type { QueryRow } from '../monitor.js';
import { countIn, numberIn } from '../query-row.js';
import type { PerformanceMetric, TaskMetrics } from './performance-metric.js';

/** Smallest divisor of a percentage error, as scikit-learn's: a label of 0 makes it huge, not infinite. */
const EPSILON = Number.EPSILON;

/** A mean over rows, with Student's interval. */
function meanOf(name: string, term: string): PerformanceMetric {
  return {
    columns: { [name]: `avg(${term})`, [`${name}_variance`]: `varSampStable(${term})` },
    higherIsBetter: false,
    interval: (value, row, confidence) => ofMean(name, value, row, confidence),
  };
}

function ofMean(name: string, value: number, row: QueryRow, confidence: number) {
  return meanInterval(value, numberIn(row, `${name}_variance`) ?? NaN, countIn(row, 'rows'), confidence);
}

export const REGRESSION: TaskMetrics = {
  labelledRows: { y: 'label', p: 'score', residual: 'label - score' },
  where: 'isFinite(score) AND isFinite(label)',
  worst: { orderBy: 'abs(label - score) DESC', where: '1' },
  metrics: {
    mae: meanOf('mae', 'abs(residual)'),
    rmse: {
      columns: {
        mse: 'avg(residual * residual)',
        mse_variance: 'varSampStable(residual * residual)',
        rmse: 'sqrt(mse)',
      },
      higherIsBetter: false,
      interval: (value, row, confidence) => {
        const interval = ofMean('mse', value * value, row, confidence);
        return interval && { low: Math.sqrt(Math.max(0, interval.low)), high: Math.sqrt(interval.high) };
      },
    },
    mape: meanOf('mape', `abs(residual) / greatest(abs(y), ${EPSILON})`),
    r2: {
      // Has no value where all labels are equal (scikit-learn with `force_finite=False`). The influence of a row on it is
      // (r2 - 1) * (y - mean)² + residual², over the labels' variance: the variance of that tells its standard error.
      columns: {
        mse: 'avg(residual * residual)',
        label_variance: 'varPopStable(y)',
        r2: '1 - mse / label_variance',
        r2_variance:
          "arrayReduce('varSampStable', arrayMap((label, error) -> error * error - (1 - r2) * pow(label - avg(y), 2), " +
          'groupArray(y), groupArray(residual))) / pow(label_variance, 2)',
      },
      higherIsBetter: true,
      interval: (value, row, confidence) => {
        const interval = ofMean('r2', value, row, confidence);
        return interval && { low: interval.low, high: Math.min(1, interval.high) };
      },
    },
  },
};
