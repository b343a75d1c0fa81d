import type { Interval } from '#domain/statistics';
import type { QueryRow } from '../monitor.js';

/** A metric as SQL, and as the interval that its row allows. */
export interface PerformanceMetric {
  /**
   * Columns of the aggregating SELECT by name; one has the metric's name. A column may name those before it and `rows`.
   * They read the columns that the task's `labelledRows` gives.
   */
  readonly columns: Readonly<Record<string, string>>;
  /** Whether a larger value is a better model. */
  readonly higherIsBetter: boolean;
  /** @param value of the metric in `row`, finite */
  interval(value: number, row: QueryRow, confidence: number): Interval | null;
}

/** How a task's rows are measured. */
export interface TaskMetrics {
  readonly metrics: Readonly<Record<string, PerformanceMetric>>;
  /** Expressions over the columns of outcomes, by the name under which the metrics read them. */
  readonly labelledRows: Readonly<Record<string, string>>;
  /** Rows without a usable score are left out. */
  readonly where: string;
  /** What is most wrong comes first: an order and a condition over the columns of outcomes. */
  readonly worst: { readonly orderBy: string; readonly where: string };
}
