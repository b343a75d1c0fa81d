import type { MetricRule, MonitorKind } from '#contracts';

/** What a monitor does where its file says nothing. Durations as a file would write them. */

export const PACE = { every: '5m', window: '1h', grace: '1m', resolveAfter: 2, hysteresis: 0.1 } as const;

/**
 * A single window may lie beyond a bound by chance where many features are looked at; PSI 0.1 alone is 32 % false alarms
 * at 100 rows, and next to none at 500.
 */
export const FIRE_AFTER: Readonly<Partial<Record<MonitorKind, number>>> = { drift: 2 };

/** Ratios and scores of fewer rows jump about; what is counted or timed needs but one. */
const MIN_ROWS: Readonly<Record<MonitorKind, number>> = {
  quality: 100,
  drift: 500,
  performance: 100,
  estimate: 100,
  concept: 1,
  fairness: 100,
  anomalies: 100,
  attribution: 100,
  labels: 1,
  system: 1,
  business: 1,
};

export function minRowsOf(kind: MonitorKind): number {
  return MIN_ROWS[kind];
}

export const DRIFT = { warn: 0.1, alert: 0.2, falseDiscoveryRate: 0.01 } as const;
export const CONFIDENCE = 0.95;
export const MIN_COVERAGE = 0.5;
export const MIN_GROUP = 100;
export const ADWIN_DELTA = 0.002;
/** As River has them. */
export const PAGE_HINKLEY = { minInstances: 30, delta: 0.005, threshold: 50, alpha: 0.9999 } as const;

/** Bounds of a section that writes none, for metrics whose meaning is the same everywhere. */
export const RULES: Readonly<Partial<Record<MonitorKind, readonly MetricRule[]>>> = {
  quality: [
    { metric: 'missing_ratio', above: 0.5 },
    { metric: 'quarantine_ratio', above: 0.2 },
    { metric: 'missing_ratio', above: 0.2, severity: 'warning' },
    { metric: 'unseen_ratio', above: 0.1, severity: 'warning' },
    { metric: 'out_of_range_ratio', above: 0.05, severity: 'warning' },
    { metric: 'duplicate_ratio', above: 0.1, severity: 'warning' },
    { metric: 'quarantine_ratio', above: 0.05, severity: 'warning' },
  ],
  // Worse than a guess.
  performance: [
    { metric: 'roc_auc', below: 0.5 },
    { metric: 'r2', below: 0 },
  ],
  estimate: [{ metric: 'roc_auc', below: 0.5 }],
  concept: [{ metric: 'change', above: 0 }],
  // The four-fifths rule.
  fairness: [{ metric: 'demographic_parity_ratio', below: 0.8 }],
  // The same answer to everything; a stream that runs dry. One that begins is no anomaly.
  anomalies: [
    { metric: 'distinct_scores', below: 2 },
    { metric: 'rate_ratio', below: 0.1, severity: 'warning' },
  ],
  // As SageMaker Clarify has it.
  attribution: [{ metric: 'ndcg', below: 0.9 }],
  labels: [{ metric: 'orphan_ratio', above: 0.1, severity: 'warning' }],
  system: [
    { metric: 'error_ratio', above: 0.1 },
    { metric: 'error_ratio', above: 0.01, severity: 'warning' },
  ],
};
