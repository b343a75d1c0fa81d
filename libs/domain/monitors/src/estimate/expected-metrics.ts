import type { ModelTask } from '#contracts';
import { hanleyMcNeil, normalQuantile, type Interval } from '#domain/statistics';
import { EPSILON } from '../performance/binary-metrics.js';
import type { QueryRow } from '../monitor.js';
import { countIn, numberIn } from '../query-row.js';

/** A metric as it is to be expected where each row is positive (multiclass: rightly decided) with its probability. */
export interface ExpectedMetric {
  /** An aggregate over `expected_label` (the probability), `decided_positive` and `score`. */
  readonly value: string;
  readonly higherIsBetter: boolean;
  /** Further aggregates, from which the interval follows; by column. */
  readonly sums: Readonly<Record<string, string>>;
  /** Where the realised figure is to be expected, if the calibration holds and labels come independently of one another. */
  interval(value: number, row: QueryRow): Interval | null;
}

const CONFIDENCE = 0.95;

function around(value: number, variance: number | null): Interval | null {
  if (variance === null || !Number.isFinite(variance)) return null;
  const half = normalQuantile((1 + CONFIDENCE) / 2) * Math.sqrt(Math.max(0, variance));
  return { low: value - half, high: value + half };
}

const SPREAD = 'expected_label * (1 - expected_label)';
const CLIPPED = `least(greatest(score, ${EPSILON}), 1 - ${EPSILON})`;

const COUNTS = {
  decided: 'countIf(decided_positive)',
  hits: 'sumIf(expected_label, decided_positive)',
  misses: 'sumIf(expected_label, NOT decided_positive)',
  hits_variance: `sumIf(${SPREAD}, decided_positive)`,
  misses_variance: `sumIf(${SPREAD}, NOT decided_positive)`,
};

/** Variances of the numbers of true positives and of false negatives, and what they are. */
function countsOf(row: QueryRow) {
  const [decided, hits, misses] = [countIn(row, 'decided'), countIn(row, 'hits'), countIn(row, 'misses')];
  return { decided, hits, misses, vHits: countIn(row, 'hits_variance'), vMisses: countIn(row, 'misses_variance') };
}

/** A mean over rows of a term that is `ifPositive` or `ifNegative`. */
function expectedMean(name: string, ifPositive: string, ifNegative: string): ExpectedMetric {
  const variance = `${name}_variance`;
  return {
    value: `avg(expected_label * (${ifPositive}) + (1 - expected_label) * (${ifNegative}))`,
    higherIsBetter: false,
    sums: { [variance]: `sum(${SPREAD} * pow((${ifPositive}) - (${ifNegative}), 2)) / pow(count(), 2)` },
    interval: (value, row) => around(value, numberIn(row, variance)),
  };
}

/** Ratios of expected counts, as of scikit-learn with every row twice: a positive and a negative of those weights. */
const BINARY: Readonly<Record<string, ExpectedMetric>> = {
  accuracy: {
    value: 'avg(if(decided_positive, expected_label, 1 - expected_label))',
    higherIsBetter: true,
    sums: COUNTS,
    interval: (value, row) => {
      const { vHits, vMisses } = countsOf(row);
      return around(value, (vHits + vMisses) / countIn(row, 'rows') ** 2);
    },
  },
  precision: {
    value: 'sumIf(expected_label, decided_positive) / countIf(decided_positive)',
    higherIsBetter: true,
    sums: COUNTS,
    interval: (value, row) => {
      const { vHits, decided } = countsOf(row);
      return around(value, vHits / decided ** 2);
    },
  },
  recall: {
    value: 'sumIf(expected_label, decided_positive) / sum(expected_label)',
    higherIsBetter: true,
    sums: COUNTS,
    interval: (value, row) => {
      const { hits, misses, vHits, vMisses } = countsOf(row);
      return around(value, (misses ** 2 * vHits + hits ** 2 * vMisses) / (hits + misses) ** 4);
    },
  },
  f1: {
    value: '2 * sumIf(expected_label, decided_positive) / (countIf(decided_positive) + sum(expected_label))',
    higherIsBetter: true,
    sums: COUNTS,
    interval: (value, row) => {
      const { hits, misses, decided, vHits, vMisses } = countsOf(row);
      const both = decided + hits + misses;
      return around(value, ((2 * (decided + misses)) ** 2 * vHits + (2 * hits) ** 2 * vMisses) / both ** 4);
    },
  },
  roc_auc: {
    // Each probability times the weight of the negatives below it, a half of its own. A calibration never falls, so the
    // order of probabilities is that of scores; rows of equal probability add up to the same in any order.
    value:
      'arraySum((positive, below) -> positive * (below - (1 - positive) / 2), arraySort(groupArray(expected_label)), ' +
      'arrayCumSum(one -> 1 - one, arraySort(groupArray(expected_label)))) / (sum(expected_label) * sum(1 - expected_label))',
    higherIsBetter: true,
    sums: { positives: 'sum(expected_label)' },
    interval: (value, row) => {
      const positives = countIn(row, 'positives');
      return hanleyMcNeil(value, positives, countIn(row, 'rows') - positives, CONFIDENCE);
    },
  },
  log_loss: expectedMean('log_loss', `-log(${CLIPPED})`, `-log(1 - ${CLIPPED})`),
  brier: expectedMean('brier', 'pow(1 - score, 2)', 'pow(score, 2)'),
};

const MULTICLASS: Readonly<Record<string, ExpectedMetric>> = {
  accuracy: {
    value: 'avg(expected_label)',
    higherIsBetter: true,
    sums: { accuracy_variance: `sum(${SPREAD}) / pow(count(), 2)` },
    interval: (value, row) => around(value, numberIn(row, 'accuracy_variance')),
  },
};

export const EXPECTED_METRICS: Readonly<Record<ModelTask, Readonly<Record<string, ExpectedMetric>>>> = {
  'binary-classification': BINARY,
  'multiclass-classification': MULTICLASS,
  regression: {},
};
