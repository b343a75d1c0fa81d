export type Severity = 'info' | 'warning' | 'critical';

/** A bound on a metric. Crossing the bound of the highest severity decides; a value at the bound is within. */
export interface MetricRule {
  readonly metric: string;
  /** Only for this feature, field, partition, reason …; left out: for each. */
  readonly subject?: string;
  readonly above?: number;
  readonly below?: number;
  /** Left out: by consequence, as the monitor's kind knows it. */
  readonly severity?: Severity;
}

interface MonitorCommon {
  /** Unique in the pipeline. */
  readonly name: string;
  /** Evaluated whenever the pipeline's clock passes a multiple of this. */
  readonly everyMs: number;
  /** Event time that one evaluation looks back over. */
  readonly windowMs: number;
  /** Fewer rows than this: `insufficient`, and no verdict. */
  readonly minRows: number;
  /** Windows in a row beyond a bound before the alert fires. */
  readonly fireAfter: number;
  /** Windows in a row within every bound before it resolves. */
  readonly resolveAfter: number;
  /** How far within its bound a value has to be to count as recovered: a share of the bound, in [0, 1). */
  readonly hysteresis: number;
  readonly rules: readonly MetricRule[];
}

export type NumericDriftMethod = 'psi' | 'jensen_shannon' | 'kolmogorov_smirnov' | 'wasserstein';
export type CategoricalDriftMethod = 'psi' | 'jensen_shannon' | 'chi_square' | 'unseen_ratio';

/** Drift is held against: `training`, the rows that the serving model came with (the window before where it has none). */
export type DriftReference = 'training' | 'previous';

/** Attributions are held against: `first`, the first window of the version that scores; `previous`, the window before. */
export type AttributionReference = 'first' | 'previous';

export type MonitorDefinition = MonitorCommon &
  (
    | {
        readonly kind: 'quality';
        /** Event fields and features that are looked at, by the names of their columns in the log. */
        readonly columns: readonly string[];
      }
    | {
        readonly kind: 'drift';
        readonly reference: DriftReference;
        /** Names of features. */
        readonly features: readonly string[];
        /** Also the score; its drift outranks a feature's. */
        readonly score: boolean;
        readonly numeric: NumericDriftMethod;
        readonly categorical: CategoricalDriftMethod;
        /** Share of false discoveries that is accepted across the features of one window (Benjamini–Hochberg). */
        readonly falseDiscoveryRate: number;
      }
    | {
        /** Needs labels. */
        readonly kind: 'performance';
        readonly metrics: readonly string[];
        /** The window ends this much event time ago, so that its labels have come. */
        readonly delayMs: number;
        /** Less labelled than this share of the predictions: `insufficient`. */
        readonly minCoverage: number;
        readonly confidence: number;
      }
    | { readonly kind: 'estimate'; readonly metrics: readonly string[] }
    | {
        /** Change detection on the stream of outcomes; needs labels. */
        readonly kind: 'concept';
        readonly detector:
          | { readonly kind: 'adwin'; readonly delta: number }
          | {
              readonly kind: 'page_hinkley';
              readonly minInstances: number;
              readonly delta: number;
              readonly threshold: number;
              readonly alpha: number;
            };
      }
    | {
        readonly kind: 'fairness';
        /** Columns of the log with the protected attribute. */
        readonly by: readonly string[];
        readonly metrics: readonly string[];
        /** Rows that a group must have to be compared. */
        readonly minGroup: number;
        readonly delayMs: number;
        readonly confidence: number;
      }
    | { readonly kind: 'anomalies' }
    /** How much features matter, by the explanations of the version that scores; needs `explain`. */
    | {
        readonly kind: 'attribution';
        readonly reference: AttributionReference;
        /** The window ends this much event time ago, so that its explanations have come. */
        readonly delayMs: number;
      }
    /** Label coverage, delay, duplicates, corrections, late ones, orphans; needs labels. */
    | { readonly kind: 'labels' }
    /** Latency, errors, flags and freshness as the log tells them. */
    | { readonly kind: 'system' }
    | {
        readonly kind: 'business';
        /**
         * A SELECT with a column `value` and, if wished, `subject`; `{predictions}` and `{outcomes}` stand for the
         * window's rows of those.
         */
        readonly sql: string;
        readonly on: 'predictions' | 'outcomes';
      }
  );

export type MonitorKind = MonitorDefinition['kind'];

/** How a pipeline watches itself. Durations in ms of event time. */
export interface MonitoringDefinition {
  /** How far the clock must have passed a window's end before it is evaluated: what partitions may trail one another. */
  readonly graceMs: number;
  /** Columns of the log by whose values performance and evidence are also told. */
  readonly slices: readonly string[];
  /** Names of receivers, which the monitoring service's configuration defines. */
  readonly receivers: readonly string[];
  readonly monitors: readonly MonitorDefinition[];
}
