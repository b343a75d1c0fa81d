import type { ModelTask, MonitorKind } from '#contracts';

export const BINARY_METRICS = [
  'accuracy',
  'precision',
  'recall',
  'f1',
  'roc_auc',
  'pr_auc',
  'log_loss',
  'brier',
  'calibration_error',
] as const;

export const MULTICLASS_METRICS = [
  'accuracy',
  'macro_precision',
  'macro_recall',
  'macro_f1',
  'weighted_precision',
  'weighted_recall',
  'weighted_f1',
  'log_loss',
] as const;

export const REGRESSION_METRICS = ['mae', 'rmse', 'mape', 'r2'] as const;

export const FAIRNESS_METRICS = [
  'demographic_parity_difference',
  'demographic_parity_ratio',
  'equalized_odds_difference',
  'equalized_odds_ratio',
  'equal_opportunity_difference',
  'equal_opportunity_ratio',
] as const;

const PERFORMANCE: Readonly<Record<ModelTask, readonly string[]>> = {
  'binary-classification': BINARY_METRICS,
  'multiclass-classification': MULTICLASS_METRICS,
  regression: REGRESSION_METRICS,
};

const ESTIMATE: Readonly<Record<ModelTask, readonly string[]>> = {
  'binary-classification': ['accuracy', 'precision', 'recall', 'f1', 'roc_auc', 'log_loss', 'brier'],
  'multiclass-classification': ['accuracy'],
  // Nothing of a regression's score says how sure it is.
  regression: [],
};

/** What a kind of monitor measures; rules and metrics of a pipeline file must be of these. */
export function metricNamesOf(kind: MonitorKind, task: ModelTask): readonly string[] {
  switch (kind) {
    case 'quality':
      return [
        'missing_ratio',
        'out_of_range_ratio',
        'unseen_ratio',
        'flagged_ratio',
        'duplicate_ratio',
        'quarantine_ratio',
        'pipeline_revisions',
      ];
    case 'drift':
      return ['psi', 'jensen_shannon', 'kolmogorov_smirnov', 'wasserstein', 'chi_square', 'unseen_ratio'];
    case 'performance':
      return PERFORMANCE[task];
    case 'estimate':
      return ESTIMATE[task];
    case 'concept':
      return ['change'];
    case 'fairness':
      // Of being decided positive: more classes have no such rate.
      return task === 'binary-classification' ? FAIRNESS_METRICS : [];
    case 'anomalies':
      return ['score_mean', 'score_standard_deviation', 'positive_ratio', 'distinct_scores', 'rate_ratio'];
    case 'attribution':
      return ['ndcg', 'total_variation', 'importance', 'share_change'];
    case 'labels':
      return [
        'coverage',
        'received',
        'delay_p50_seconds',
        'delay_p90_seconds',
        'delay_p99_seconds',
        'duplicate_ratio',
        'correction_ratio',
        'late_ratio',
        'orphan_ratio',
      ];
    case 'system':
      return ['latency_p50_ms', 'latency_p99_ms', 'error_ratio', 'event_time_lag_seconds', 'freshness_seconds'];
    case 'business':
      return ['value'];
  }
}
