import type { ModelTask } from '#contracts';
import { BINARY } from './binary-metrics.js';
import { MULTICLASS } from './multiclass-metrics.js';
import type { TaskMetrics } from './performance-metric.js';
import { REGRESSION } from './regression-metrics.js';

export const TASK_METRICS: Readonly<Record<ModelTask, TaskMetrics>> = {
  'binary-classification': BINARY,
  'multiclass-classification': MULTICLASS,
  regression: REGRESSION,
};

/**
 * Whether a larger value is a better model.
 * @throws RangeError for a metric that the task does not have
 */
export function isHigherBetter(task: ModelTask, metric: string): boolean {
  const known = TASK_METRICS[task].metrics[metric];
  if (known === undefined) throw new RangeError(`${metric} is no metric of ${task}`);
  return known.higherIsBetter;
}
