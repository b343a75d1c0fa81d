import type { ModelTask } from '#contracts';
import { BINARY } from './binary.js';
import type { Metric } from './metric.js';
import { MULTICLASS } from './multiclass.js';
import { REGRESSION } from './regression.js';

const METRICS: Readonly<Record<ModelTask, Readonly<Record<string, Metric>>>> = {
  'binary-classification': BINARY,
  'multiclass-classification': MULTICLASS,
  regression: REGRESSION,
};

/** By which of them candidates may be compared. */
export function gateMetricsOf(task: ModelTask): readonly string[] {
  return Object.keys(METRICS[task]);
}

/** @throws RangeError for a metric that the task does not have: the pipeline file was not checked */
export function gateMetric(task: ModelTask, name: string): Metric {
  const metric = METRICS[task][name];
  if (metric === undefined) {
    throw new RangeError(`${name} is no metric of ${task}: gates compare by ${gateMetricsOf(task).join(', ')}`);
  }
  return metric;
}
