import type { ModelTask } from '#contracts';

/** Metrics by which guards compare a challenger with its champion, beside those of business monitors. */
const ALWAYS = ['error_rate', 'latency_p99_ms', 'divergence'] as const;

const LABELLED: Readonly<Record<ModelTask, readonly string[]>> = {
  'binary-classification': ['accuracy', 'brier', 'log_loss', 'roc_auc'],
  'multiclass-classification': ['accuracy', 'log_loss'],
  regression: ['absolute_error', 'squared_error'],
};

/** From how sure the model is of itself. */
const ESTIMATED: Readonly<Record<ModelTask, readonly string[]>> = {
  'binary-classification': ['estimated_accuracy'],
  'multiclass-classification': ['estimated_accuracy'],
  regression: [],
};

export function guardMetricsOf(task: ModelTask): readonly string[] {
  return [...ALWAYS, ...LABELLED[task], ...ESTIMATED[task]];
}

export function needsLabels(metric: string): boolean {
  return Object.values(LABELLED).some((metrics) => metrics.includes(metric));
}

/** Metrics of which more is better: a bound above them would bound nothing bad. */
export function isLargeGood(metric: string): boolean {
  return ['accuracy', 'roc_auc', 'estimated_accuracy'].includes(metric);
}
