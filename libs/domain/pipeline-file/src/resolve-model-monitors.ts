import type { MonitorDefinition } from '#contracts';
import { metricNamesOf } from '#domain/monitors';
import { durationMs } from './duration.js';
import { ADWIN_DELTA, CONFIDENCE, MIN_COVERAGE, MIN_GROUP, PAGE_HINKLEY } from './monitor-defaults.js';
import type { MonitorContext } from './monitor-context.js';
import { paceOf } from './monitor-pace.js';
import type { SectionOf } from './monitor.schema.js';
import { resolveRules } from './resolve-rules.js';

type Of<Kind extends MonitorDefinition['kind']> = Extract<MonitorDefinition, { kind: Kind }>;

export function resolvePerformance(section: SectionOf<'performance'>, context: MonitorContext): Of<'performance'> {
  const path = ['performance'];
  needsLabels('performance', context);
  const metrics = metricsOf('performance', section.metrics, context);
  return {
    kind: 'performance',
    name: 'performance',
    ...paceOf('performance', section, path, context),
    rules: resolveRules({ kind: 'performance', path, section, metrics }, context),
    metrics,
    delayMs: durationMs(section.delay ?? '0s'),
    minCoverage: section.minCoverage ?? MIN_COVERAGE,
    confidence: section.confidence ?? CONFIDENCE,
  };
}

export function resolveEstimate(section: SectionOf<'estimate'>, context: MonitorContext): Of<'estimate'> {
  const path = ['estimate'];
  const metrics = metricsOf('estimate', section.metrics, context);
  return {
    kind: 'estimate',
    name: 'estimate',
    ...paceOf('estimate', section, path, context),
    rules: resolveRules({ kind: 'estimate', path, section, metrics }, context),
    metrics,
  };
}

export function resolveConcept(section: SectionOf<'concept'>, context: MonitorContext): Of<'concept'> {
  const path = ['concept'];
  needsLabels('concept', context);
  return {
    kind: 'concept',
    name: 'concept',
    ...paceOf('concept', section, path, context),
    rules: resolveRules({ kind: 'concept', path, section }, context),
    detector: detectorOf(section, context),
  };
}

function detectorOf(section: SectionOf<'concept'>, context: MonitorContext): Of<'concept'>['detector'] {
  const { detector = 'adwin', delta, minInstances, threshold, alpha } = section;
  if (detector === 'page_hinkley') {
    return {
      kind: 'page_hinkley',
      minInstances: minInstances ?? PAGE_HINKLEY.minInstances,
      delta: delta ?? PAGE_HINKLEY.delta,
      threshold: threshold ?? PAGE_HINKLEY.threshold,
      alpha: alpha ?? PAGE_HINKLEY.alpha,
    };
  }
  for (const key of ['minInstances', 'threshold', 'alpha'] as const) {
    if (section[key] === undefined) continue;
    context.fail(['concept', key], 'is of `detector: page_hinkley`; leave it out, or choose that', { at: 'key' });
  }
  if (delta !== undefined && delta >= 1) context.fail(['concept', 'delta'], `must be less than 1, found ${delta}`);
  return { kind: 'adwin', delta: delta ?? ADWIN_DELTA };
}

export function resolveFairness(
  section: SectionOf<'fairness'> | null,
  context: MonitorContext,
): Of<'fairness'> | undefined {
  const path = ['fairness'];
  if (section === null) {
    context.fail(path, 'does not say between whom; add `by: [<field or feature>]`');
    return undefined;
  }
  const metrics = metricsOf('fairness', section.metrics, context);
  return {
    kind: 'fairness',
    name: 'fairness',
    ...paceOf('fairness', section, path, context),
    rules: resolveRules({ kind: 'fairness', path, section, metrics }, context),
    by: context.columns(section.by, [...path, 'by'], 'groups'),
    metrics,
    minGroup: section.minGroup ?? MIN_GROUP,
    delayMs: durationMs(section.delay ?? '0s'),
    confidence: section.confidence ?? CONFIDENCE,
  };
}

export function resolveAttribution(section: SectionOf<'attribution'>, context: MonitorContext): Of<'attribution'> {
  const path = ['attribution'];
  if (!context.parts.hasExplain) {
    const message = 'needs explanations, and the file has no section `explain`; add one, or leave this section out';
    context.fail(path, message, { at: 'key' });
  }
  return {
    kind: 'attribution',
    name: 'attribution',
    ...paceOf('attribution', section, path, context),
    rules: resolveRules({ kind: 'attribution', path, section }, context),
    reference: section.reference ?? 'first',
    delayMs: durationMs(section.delay ?? '0s'),
  };
}

/** Monitors that have nothing of their own to say. */
export function resolvePlain(
  kind: 'anomalies' | 'labels' | 'system',
  section: SectionOf<'anomalies' | 'labels' | 'system'>,
  context: MonitorContext,
): MonitorDefinition {
  if (kind === 'labels') needsLabels(kind, context);
  const pace = paceOf(kind, section, [kind], context);
  return { kind, name: kind, ...pace, rules: resolveRules({ kind, path: [kind], section }, context) };
}

function needsLabels(kind: 'performance' | 'concept' | 'labels', context: MonitorContext): void {
  if (context.parts.hasLabel) return;
  context.fail([kind], 'needs labels, and the file has no section `label`; add one, or leave this section out', {
    at: 'key',
  });
}

type MetricKind = 'performance' | 'estimate' | 'fairness';

/** The metrics that a section names, or all that can be had. */
function metricsOf(kind: MetricKind, given: readonly string[] | undefined, context: MonitorContext): readonly string[] {
  const { task, hasLabel } = context.parts;
  if (task === undefined) return given ?? [];
  const known = metricNamesOf(kind, task);
  if (known.length === 0) {
    const why =
      kind === 'estimate'
        ? "nothing of a regression's score says how sure it is"
        : 'it is about positive decisions, which a binary classification has';
    context.fail([kind], `can't be had with \`task: ${task}\`: ${why}; leave the section out`, { at: 'key' });
    return [];
  }
  const path = [kind, 'metrics'];
  if (given === undefined) return known.filter((metric) => hasLabel || kind !== 'fairness' || isLabelFree(metric));
  context.once(given, path).forEach((metric, index) => {
    if (!known.includes(metric)) context.unknown(`${kind} has no metric`, metric, known, [...path, index], 'it has');
    else if (kind === 'fairness' && !hasLabel && !isLabelFree(metric)) {
      context.fail([...path, index], `"${metric}" needs labels; add a section \`label\`, or use demographic parity`);
    }
  });
  return given;
}

function isLabelFree(metric: string): boolean {
  return metric.startsWith('demographic_parity');
}
