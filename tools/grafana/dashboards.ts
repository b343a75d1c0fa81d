import { DATA_QUALITY_AND_DRIFT } from './data-quality-and-drift.js';
import type { Dashboard } from './dashboard.js';
import { FAIRNESS } from './fairness.js';
import { MODEL_PERFORMANCE } from './model-performance.js';
import { PIPELINE_HEALTH } from './pipeline-health.js';

/** Each is a file below deploy/grafana/dashboards, named after its uid. */
export const DASHBOARDS: readonly Dashboard[] = [PIPELINE_HEALTH, DATA_QUALITY_AND_DRIFT, MODEL_PERFORMANCE, FAIRNESS];
