import type { MonitorDefinition, PipelineDefinition } from '#contracts';
import { anomaliesMonitor } from './anomalies/anomalies-monitor.js';
import { attributionMonitor } from './attribution/attribution-monitor.js';
import { businessMonitor } from './business/business-monitor.js';
import { conceptMonitor } from './concept/concept-monitor.js';
import { driftMonitor } from './drift/drift-monitor.js';
import { estimateMonitor } from './estimate/estimate-monitor.js';
import { fairnessMonitor } from './fairness/fairness-monitor.js';
import { labelsMonitor } from './labels/labels-monitor.js';
import type { CompiledMonitor, MonitorFactory } from './monitor.js';
import { performanceMonitor } from './performance/performance-monitor.js';
import { qualityMonitor } from './quality/quality-monitor.js';
import { systemMonitor } from './system/system-monitor.js';

const FACTORIES: { readonly [Kind in MonitorDefinition['kind']]: MonitorFactory<Kind> } = {
  quality: qualityMonitor,
  drift: driftMonitor,
  performance: performanceMonitor,
  estimate: estimateMonitor,
  concept: conceptMonitor,
  fairness: fairnessMonitor,
  anomalies: anomaliesMonitor,
  attribution: attributionMonitor,
  labels: labelsMonitor,
  system: systemMonitor,
  business: businessMonitor,
};

/** The monitors of a pipeline, in the order of its file; none where it declares none. */
export function compileMonitors(pipeline: PipelineDefinition): readonly CompiledMonitor[] {
  return (pipeline.monitoring?.monitors ?? []).map((monitor) => {
    const factory = FACTORIES[monitor.kind] as MonitorFactory<MonitorDefinition['kind']>;
    return factory(monitor, pipeline);
  });
}
