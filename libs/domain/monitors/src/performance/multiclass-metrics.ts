import { bootstrapCounts, meanInterval, wilson, type Interval } from '#domain/statistics';
import type { QueryRow } from '../monitor.js';
import { countIn, numberIn } from '../query-row.js';
import { EPSILON } from './binary-metrics.js';
import type { PerformanceMetric, TaskMetrics } from './performance-metric.js';

/** More classes than any model has; a cell of the confusion matrix is label * BASE + decision. */
const BASE = 65_536;
/** Draws for an interval: enough for its second digit. */
const RESAMPLES = 500;

/** Cells that have rows, and how many; then for each class of them, decided or true, its right rows and its margins. */
const CONFUSION = {
  confusion: `sumMap([toUInt64(y) * ${BASE} + decided], [toUInt64(1)])`,
  cells: 'tupleElement(confusion, 1)',
  counts: 'tupleElement(confusion, 2)',
  classes: `arraySort(arrayDistinct(arrayConcat(arrayMap(cell -> intDiv(cell, ${BASE}), cells), arrayMap(cell -> cell % ${BASE}, cells))))`,
  right_by_class: `arrayMap(class -> arraySum((cell, n) -> if(cell = class * ${BASE} + class, n, 0), cells, counts), classes)`,
  decided_by_class: `arrayMap(class -> arraySum((cell, n) -> if(cell % ${BASE} = class, n, 0), cells, counts), classes)`,
  true_by_class: `arrayMap(class -> arraySum((cell, n) -> if(intDiv(cell, ${BASE}) = class, n, 0), cells, counts), classes)`,
};

/** By class; without a denominator 0, as scikit-learn has it: a class that the model has given up counts against it. */
const BY_CLASS = {
  precision: '(hit, decided, actual) -> if(decided = 0, 0, hit / decided)',
  recall: '(hit, decided, actual) -> if(actual = 0, 0, hit / actual)',
  f1: '(hit, decided, actual) -> 2 * hit / (decided + actual)',
};
type ByClass = keyof typeof BY_CLASS;

const SHARES: { readonly [Metric in ByClass]: (hit: number, decided: number, actual: number) => number } = {
  precision: (hit, decided) => (decided === 0 ? 0 : hit / decided),
  recall: (hit, _, actual) => (actual === 0 ? 0 : hit / actual),
  f1: (hit, decided, actual) => (decided + actual === 0 ? 0 : (2 * hit) / (decided + actual)),
};

/** The mean over classes: each alike, or by how many rows it truly has. */
function averaged(by: 'macro' | 'weighted', metric: ByClass): PerformanceMetric {
  const name = `${by}_${metric}`;
  const each = `arrayMap(${BY_CLASS[metric]}, right_by_class, decided_by_class, true_by_class)`;
  const mean =
    by === 'macro' ? `arrayAvg(${each})` : `arraySum(arrayMap((one, n) -> one * n, ${each}, true_by_class)) / rows`;
  return {
    columns: { ...CONFUSION, [name]: mean },
    higherIsBetter: true,
    interval: (_, row, confidence) => bootstrap(row, by, metric, confidence),
  };
}

function bootstrap(row: QueryRow, by: 'macro' | 'weighted', metric: ByClass, confidence: number): Interval | null {
  const cells = numbersIn(row, 'cells').map((cell) => [Math.floor(cell / BASE), cell % BASE] as const);
  const classes = [...new Set(cells.flat())];
  const at = new Map(classes.map((one, index) => [one, index]));
  const places = cells.map(([actual, decided]) => [at.get(actual)!, at.get(decided)!] as const);
  const share = SHARES[metric];
  const statistic = (counts: readonly number[]): number => {
    const hit = classes.map(() => 0);
    const decided = classes.map(() => 0);
    const actual = classes.map(() => 0);
    for (const [cell, [y, d]] of places.entries()) {
      const count = counts[cell]!;
      actual[y]! += count;
      decided[d]! += count;
      if (y === d) hit[y]! += count;
    }
    // A class that a draw has lost is no class of it.
    const present = classes.map((_, i) => i).filter((i) => actual[i]! + decided[i]! > 0);
    const weightOf = (i: number) => (by === 'macro' ? 1 : actual[i]!);
    const total = present.reduce((sum, i) => sum + weightOf(i), 0);
    return present.reduce((sum, i) => sum + weightOf(i) * share(hit[i]!, decided[i]!, actual[i]!), 0) / total;
  };
  return bootstrapCounts(numbersIn(row, 'counts'), statistic, { confidence, resamples: RESAMPLES });
}

function numbersIn(row: QueryRow, column: string): readonly number[] {
  const value = row[column];
  return Array.isArray(value) ? value.map(Number) : [];
}

/** Of decisions as they were served; the log loss of `class_scores` as served. */
export const MULTICLASS: TaskMetrics = {
  labelledRows: {
    y: 'label',
    decided: 'toUInt64OrZero(decision)',
    p: 'if(empty(class_scores), nan, arrayElement(class_scores, toUInt32(label) + 1))',
    loss: `-log(least(greatest(p, ${EPSILON}), 1 - ${EPSILON}))`,
  },
  where: 'isFinite(score) AND label >= 0',
  worst: { orderBy: 'score DESC', where: 'toFloat64OrNull(toString(decision)) != label' },
  metrics: {
    accuracy: {
      columns: { right: 'countIf(y = decided)', accuracy: 'right / rows' },
      higherIsBetter: true,
      interval: (_, row, confidence) => wilson(countIn(row, 'right'), countIn(row, 'rows'), confidence),
    },
    macro_precision: averaged('macro', 'precision'),
    macro_recall: averaged('macro', 'recall'),
    macro_f1: averaged('macro', 'f1'),
    weighted_precision: averaged('weighted', 'precision'),
    weighted_recall: averaged('weighted', 'recall'),
    weighted_f1: averaged('weighted', 'f1'),
    log_loss: {
      columns: { log_loss: 'avg(loss)', log_loss_variance: 'varSampStable(loss)' },
      higherIsBetter: false,
      interval: (value, row, confidence) =>
        meanInterval(value, numberIn(row, 'log_loss_variance') ?? NaN, countIn(row, 'rows'), confidence),
    },
  },
};
