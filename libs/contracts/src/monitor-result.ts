import type { MonitorKind, Severity } from './monitoring-definition.js';

/** `ok`, how far a bound is crossed, or that there was too little to tell by. */
export type Verdict = 'ok' | Severity | 'insufficient';

/** One figure of one evaluation of one monitor. */
export interface Measurement {
  readonly metric: string;
  /** Feature, field, partition, reason …; empty: the whole. */
  readonly subject: string;
  /** `<column>=<value>`; empty: all rows. */
  readonly slice: string;
  /** Null: it has no value, as an ROC AUC where there is only one class. */
  readonly value: number | null;
  /** What it is held against: the metric in the reference, or the estimate's realised twin. */
  readonly referenceValue: number | null;
  /** Confidence interval, where there is one. */
  readonly low: number | null;
  readonly high: number | null;
  readonly pValue: number | null;
  /** Adjusted for how many were looked at (Benjamini–Hochberg). */
  readonly qValue: number | null;
  readonly rows: number;
  readonly referenceRows: number | null;
  /** Share of the window's predictions that have labels. */
  readonly coverage: number | null;
  readonly verdict: Verdict;
  /** The bound that was crossed, else the nearest one; null where there is none. */
  readonly threshold: number | null;
  /** `verdict` is ok, and the value is within by the monitor's hysteresis too. */
  readonly recovered: boolean;
  /** One sentence for a person where the verdict is not ok; else empty. */
  readonly explanation: string;
}

/** A row of `monitor_results`. Times in ms since epoch. */
export interface MonitorResult extends Measurement {
  readonly monitor: string;
  readonly kind: MonitorKind;
  /** Event time, half-open. */
  readonly windowStart: number;
  readonly windowEnd: number;
  /** Wall clock. */
  readonly evaluatedAt: number;
  /** ClickHouse time of the query, ms. */
  readonly durationMs: number;
  readonly modelVersion: string;
  readonly pipelineRevision: number;
  /** As it was run; gives the same figures again for as long as the rows are kept. */
  readonly query: string;
}

/** What of a pipeline's topics was in the log at one moment: per partition, the first offset that was not. */
export interface LogCut {
  readonly predictions: readonly number[];
  readonly outcomes: readonly number[];
  readonly quarantine: readonly number[];
}

/**
 * A row of `monitor_ticks`: what was known when the pipeline's clocks showed a time. Windows are cut by the first tick
 * at which a clock had passed their end, so that they hold the same rows whenever they are evaluated again.
 */
export interface MonitorTick {
  readonly tick: number;
  /** Watermark of event time over the partitions that are not idle, ms; null before the first event. */
  readonly eventsClock: number | null;
  /** The same of the times at which labels became known. */
  readonly labelsClock: number | null;
  readonly cut: LogCut;
  /** Wall clock. */
  readonly tickedAt: number;
}
