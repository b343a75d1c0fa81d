import { eventColumnNames, type MonitorDefinition } from '#contracts';
import { scoreSubject } from '#domain/monitors';
import { DRIFT } from './monitor-defaults.js';
import type { MonitorContext } from './monitor-context.js';
import { paceOf } from './monitor-pace.js';
import type { SectionOf } from './monitor.schema.js';
import { resolveRules } from './resolve-rules.js';

type Of<Kind extends MonitorDefinition['kind']> = Extract<MonitorDefinition, { kind: Kind }>;

/** Others are told by reason, by topic, or of the whole. */
const OF_COLUMNS: ReadonlySet<string> = new Set(['missing_ratio', 'out_of_range_ratio', 'unseen_ratio']);

export function resolveQuality(section: SectionOf<'quality'>, context: MonitorContext): Of<'quality'> {
  const path = ['quality'];
  const columns =
    section.columns === undefined
      ? context.allColumns()
      : context.columns(section.columns, [...path, 'columns'], 'values');
  const subjects = subjectsOf(columns, context);
  return {
    kind: 'quality',
    name: 'quality',
    ...paceOf('quality', section, path, context),
    rules: resolveRules(
      { kind: 'quality', path, section, subjectsOf: (metric) => (OF_COLUMNS.has(metric) ? subjects : undefined) },
      context,
    ),
    columns,
  };
}

/** Fields and features may be called by their own names where their columns are called otherwise. */
function subjectsOf(columns: readonly string[], { parts }: MonitorContext): ReadonlyMap<string, string> {
  const { event, features } = parts;
  const fields = event === undefined ? [] : [...eventColumnNames({ event, features })];
  return new Map([
    ...columns.map((column) => [column, column] as const),
    ...features.flatMap(({ name }) =>
      columns.includes(`feature_${name}`) ? [[name, `feature_${name}`] as const] : [],
    ),
    ...fields.filter(([, column]) => columns.includes(column)),
  ]);
}

export function resolveDrift(section: SectionOf<'drift'>, context: MonitorContext): Of<'drift'> {
  const path = ['drift'];
  const features = context.once(section.features ?? context.featureNames, [...path, 'features']);
  features.forEach((name, index) => {
    if (context.featureNames.includes(name)) return;
    context.unknown('there is no feature', name, context.featureNames, [...path, 'features', index], 'there are');
  });
  const score = section.score ?? true;
  const numeric = section.method?.numeric ?? 'psi';
  const categorical = section.method?.categorical ?? 'jensen_shannon';
  const typeOf = new Map(context.parts.features.map(({ name, type }) => [name, type]));
  const hasNumbers = score || features.some((name) => typeOf.get(name) === 'number');
  const hasTexts = features.some((name) => typeOf.get(name) === 'string');
  const metrics = [...new Set([...(hasNumbers ? [numeric] : []), ...(hasTexts ? [categorical] : [])])];
  const subjects = new Map(features.map((name) => [name, name]));
  if (score) {
    const called = scoreSubject(context.parts.features);
    subjects.set('score', subjects.get('score') ?? called).set(called, called);
  }
  return {
    kind: 'drift',
    name: 'drift',
    ...paceOf('drift', section, path, context),
    rules: resolveRules(
      {
        kind: 'drift',
        path,
        section,
        metrics,
        subjectsOf: () => subjects,
        defaults: [
          ...metrics.map((metric) => ({ metric, above: DRIFT.alert })),
          ...metrics.map((metric) => ({ metric, above: DRIFT.warn, severity: 'warning' as const })),
        ],
      },
      context,
    ),
    reference: section.reference ?? 'training',
    features,
    score,
    numeric,
    categorical,
    falseDiscoveryRate: section.falseDiscoveryRate ?? DRIFT.falseDiscoveryRate,
  };
}
