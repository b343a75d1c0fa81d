import type { MetricRule, MonitorKind } from '#contracts';
import { metricNamesOf } from '#domain/monitors';
import { RULES } from './monitor-defaults.js';
import type { MonitorContext } from './monitor-context.js';
import type { Bound, RulesByMetric } from './monitor.schema.js';
import type { Path } from './yaml-source.js';

type Given = number | RulesByMetric | undefined;

export interface RuleSource {
  readonly kind: MonitorKind;
  /** Of the section. */
  readonly path: Path;
  readonly section: { readonly warn?: Given; readonly alert?: Given };
  /** What the monitor measures; left out: all of its kind. */
  readonly metrics?: readonly string[];
  /** What `of` may name, and what that is called in results, by metric; undefined: anything, as it is. */
  readonly subjectsOf?: (metric: string) => ReadonlyMap<string, string> | undefined;
  /** In place of those of the kind. */
  readonly defaults?: readonly MetricRule[];
}

/**
 * The rules of a section, alerts first: where both are crossed at one severity, the first bound is the one that is told.
 * A warning says so; how severe an alert is, its consequence decides.
 */
export function resolveRules(source: RuleSource, context: MonitorContext): readonly MetricRule[] {
  const { kind, section } = source;
  const measured = measuredBy(source, context);
  if (section.warn === undefined && section.alert === undefined) {
    const defaults = source.defaults ?? RULES[kind] ?? [];
    return defaults.filter(({ metric }) => measured === undefined || measured.includes(metric));
  }
  return [
    ...rulesOf('alert', section.alert, source, measured, context),
    ...rulesOf('warn', section.warn, source, measured, context),
  ];
}

/** Undefined where the task is not known, and with it the metrics. */
function measuredBy({ kind, metrics }: RuleSource, { parts }: MonitorContext): readonly string[] | undefined {
  return metrics ?? (parts.task === undefined ? undefined : metricNamesOf(kind, parts.task));
}

function rulesOf(
  key: 'warn' | 'alert',
  given: Given,
  source: RuleSource,
  measured: readonly string[] | undefined,
  context: MonitorContext,
): readonly MetricRule[] {
  if (given === undefined) return [];
  const severity = key === 'warn' ? ({ severity: 'warning' } as const) : {};
  if (typeof given === 'number') {
    return (measured ?? []).map((metric) => ({ metric, ...shortBound(metric, given), ...severity }));
  }
  return Object.entries(given).flatMap(([metric, bounds]) => {
    const path = [...source.path, key, metric];
    const list: readonly Bound[] = isList(bounds) ? bounds : [bounds];
    checkMetric(metric, list, path, source, measured, context);
    return list.map((bound, index) => {
      const at = isList(bounds) ? [...path, index] : path;
      return { metric, ...boundOf(bound, at, source.subjectsOf?.(metric), context), ...severity };
    });
  });
}

/** A ratio of two groups is worse the smaller it is; differences and distances are the other way round. */
function shortBound(metric: string, bound: number): Pick<MetricRule, 'above' | 'below'> {
  return /^(demographic_parity|equalized_odds|equal_opportunity)_ratio$/.test(metric)
    ? { below: bound }
    : { above: bound };
}

function checkMetric(
  metric: string,
  bounds: readonly Bound[],
  path: Path,
  { kind, metrics }: RuleSource,
  measured: readonly string[] | undefined,
  context: MonitorContext,
): void {
  if (measured === undefined || measured.includes(metric)) return;
  const { task } = context.parts;
  if (metrics !== undefined && task !== undefined && metricNamesOf(kind, task).includes(metric)) {
    // What a drift monitor does not decide by, it records, and judges where a bound names the feature.
    if (kind === 'drift' && bounds.every(({ of }) => of !== undefined)) return;
    const cure = kind === 'drift' ? 'choose it as `method`, say `of` which feature' : 'add it to `metrics`';
    context.fail(path, `"${metric}" is not measured here; ${cure}, or leave the bound out`, { at: 'key' });
    return;
  }
  context.unknown(`${kind} has no metric`, metric, measured, path, 'it has', { at: 'key' });
}

function boundOf(
  { above, below, of, severity }: Bound,
  path: Path,
  subjects: ReadonlyMap<string, string> | undefined,
  context: MonitorContext,
): Omit<MetricRule, 'metric'> {
  if (above === undefined && below === undefined) {
    context.fail(path, 'bounds nothing; add `above: <number>` or `below: <number>`');
  }
  if (above !== undefined && below !== undefined && above < below) {
    context.fail(path, `every value is above ${above} or below ${below}; swap them`);
  }
  const subject = of === undefined || subjects === undefined ? of : subjects.get(of);
  if (of !== undefined && subjects !== undefined && subject === undefined) {
    context.unknown('it does not look at', of, [...subjects.keys()], [...path, 'of'], 'it looks at');
  }
  return {
    ...(subject === undefined ? {} : { subject }),
    ...(above === undefined ? {} : { above }),
    ...(below === undefined ? {} : { below }),
    ...(severity === undefined ? {} : { severity }),
  };
}

function isList(bounds: Bound | readonly Bound[]): bounds is readonly Bound[] {
  return Array.isArray(bounds);
}
