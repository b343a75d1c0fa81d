import type { MonitorDefinition, MonitoringDefinition } from '#contracts';
import { durationMs } from './duration.js';
import { MonitorContext, type MonitoredParts } from './monitor-context.js';
import { PACE } from './monitor-defaults.js';
import type { ReadableMonitor } from './readable-parts.js';
import { resolveBusiness } from './resolve-business.js';
import { resolveDrift, resolveQuality } from './resolve-data-monitors.js';
import {
  resolveAttribution,
  resolveConcept,
  resolveEstimate,
  resolveFairness,
  resolvePerformance,
  resolvePlain,
} from './resolve-model-monitors.js';
import { checkPace } from './monitor-pace.js';
import type { Resolution } from './resolution.js';

/** In one order, whatever that of the file: equal files give equal definitions. */
export function resolveMonitoring(
  monitor: ReadableMonitor,
  parts: MonitoredParts,
  resolution: Resolution,
): MonitoringDefinition {
  const context = new MonitorContext(monitor, parts, resolution);
  checkPace([], monitor, context);
  const { quality, drift, performance, estimate, concept, fairness, attribution } = monitor;
  const monitors: readonly (MonitorDefinition | undefined)[] = [
    quality === undefined ? undefined : resolveQuality(quality ?? {}, context),
    drift === undefined ? undefined : resolveDrift(drift ?? {}, context),
    performance === undefined ? undefined : resolvePerformance(performance ?? {}, context),
    estimate === undefined ? undefined : resolveEstimate(estimate ?? {}, context),
    concept === undefined ? undefined : resolveConcept(concept ?? {}, context),
    fairness === undefined ? undefined : resolveFairness(fairness, context),
    attribution === undefined ? undefined : resolveAttribution(attribution ?? {}, context),
    ...(['anomalies', 'labels', 'system'] as const).map((kind) => {
      const section = monitor[kind];
      return section === undefined ? undefined : resolvePlain(kind, section ?? {}, context);
    }),
    ...resolveBusiness(monitor.business ?? [], context),
  ];
  if (monitor.sections.length === 0) {
    context.fail([], 'watches nothing; add a section, e.g. `quality: {}` or `drift: {}`', { at: 'key' });
  }
  return {
    graceMs: durationMs(monitor.grace ?? PACE.grace),
    slices: context.columns(monitor.slices ?? [], ['slices'], 'groups'),
    receivers: context.once(monitor.receivers ?? [], ['receivers']),
    monitors: monitors.filter((one) => one !== undefined),
  };
}
