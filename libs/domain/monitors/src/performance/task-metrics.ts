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
