import { sqlIdentifier, sqlString, topicOf, type PipelineDefinition, type Scalar } from '#contracts';
import { predictionsIn, quarantineIn, referenceOf } from '../log-windows.js';
import type { MonitorContext } from '../monitor.js';
import type { QualityColumn } from './quality-column.js';

/** A count of the window's rows, as `metric`, `subject`, `hits`. */
interface Count {
  readonly metric: string;
  readonly subject: string;
  /** An aggregate. */
  readonly hits: string;
}

/**
 * Rows of `metric`, `subject`, `hits`, `rows`: how many of how many. The predictions are read once, whatever is counted.
 *
 * Of a range that the pipeline does not bound, the bounds are the smallest and the largest value in the rows that the
 * model was trained on; of a set, the values there. A column that has neither is only asked what is missing.
 */
export function qualityQuery(
  pipeline: PipelineDefinition,
  columns: readonly QualityColumn[],
  context: MonitorContext,
): string {
  const trained =
    context.model !== null && context.model.referenceRows > 0
      ? referenceOf(pipeline, context.model.version)
      : undefined;
  const flags = pipeline.expectations.filter(({ on }) => on !== 'quarantine').map(({ name }) => name);
  const ranged = columns.filter(({ type, reference }) => type === 'number' && reference !== undefined);
  const ends = ranged.flatMap(({ reference }) => (['min', 'max'] as const).map((end) => endOf(end, reference!)));
  const isRanged = trained !== undefined && ends.length > 0;
  const counts: readonly Count[] = [
    ...columns.flatMap((column) =>
      countsOf(column, trained, (end) => `trained_range.${2 * ranged.indexOf(column) + (end === 'min' ? 1 : 2)}`),
    ),
    ...flags.map((name) => ({
      metric: 'flagged_ratio',
      subject: name,
      hits: `countIf(has(flags, ${sqlString(name)}))`,
    })),
    { metric: 'duplicate_ratio', subject: '', hits: 'count() - uniqExact(cityHash64(event_id))' },
    { metric: 'pipeline_revisions', subject: '', hits: 'uniqExact(pipeline_revision)' },
  ];
  const listed = counts.map(
    ({ metric, subject, hits }) => `    (${sqlString(metric)}, ${sqlString(subject)}, toUInt64(${hits}))`,
  );
  const topics = [topicOf(pipeline.name, 'events'), topicOf(pipeline.name, 'validated')].map(sqlString).join(', ');
  const predictions = predictionsIn(pipeline, context);
  return `SELECT figure.1 AS metric, figure.2 AS subject, figure.3 AS hits, rows
FROM (
  ${isRanged ? `WITH (SELECT tuple(${ends.join(', ')}) FROM ${trained}) AS trained_range\n  ` : ''}SELECT count() AS rows, [
${listed.join(',\n')}] AS figures
  FROM ${predictions})
ARRAY JOIN figures AS figure
UNION ALL
SELECT 'quarantine_ratio' AS metric, reason.1 AS subject, reason.2 AS hits, refused + (SELECT count() FROM ${predictions}) AS rows
FROM (
  SELECT count() AS refused, sumMap(map(toString(reason), toUInt64(1))) AS reasons
  FROM ${quarantineIn(pipeline, context)} WHERE topic IN (${topics}))
ARRAY JOIN arrayConcat([('', toUInt64(refused))], arrayZip(mapKeys(reasons), mapValues(reasons))) AS reason`;
}

/**
 * Rows whose value lies outside, as text to put after WHERE; undefined where nothing says what is outside.
 *
 * @param trained rows that the model was trained on, as text after FROM; undefined: there are none
 * @param rangeEnd the smallest and the largest value there, where they are at hand
 */
export function violationOf(
  metric: string,
  column: QualityColumn,
  trained: string | undefined,
  rangeEnd?: (end: 'min' | 'max') => string,
): string | undefined {
  const name = sqlIdentifier(column.name);
  const isNumber = column.type === 'number';
  const missing = isNumber ? `ifNull(isNaN(toFloat64(${name})), 1)` : `isNull(${name})`;
  const { reference, min, max, values } = column;
  const learned = trained === undefined || reference === undefined ? undefined : sqlIdentifier(reference);
  switch (metric) {
    case 'missing_ratio':
      return missing;
    case 'out_of_range_ratio': {
      if (!isNumber) return undefined;
      const bounds = [
        ...(min === undefined ? [] : [`${name} < ${min}`]),
        ...(max === undefined ? [] : [`${name} > ${max}`]),
      ];
      if (bounds.length === 0 && learned !== undefined) {
        const end = rangeEnd ?? ((which) => `(SELECT ${endOf(which, reference!)} FROM ${trained!})`);
        bounds.push(`${name} < ${end('min')}`, `${name} > ${end('max')}`);
      }
      return bounds.length === 0 ? undefined : `ifNull(${bounds.join(' OR ')}, 0)`;
    }
    case 'unseen_ratio': {
      if (values !== undefined) return `NOT ${missing} AND ${name} NOT IN (${values.map(spelled).join(', ')})`;
      if (isNumber || learned === undefined || column.type === 'other') return undefined;
      return `NOT ${missing} AND ${name} NOT IN (SELECT ${learned} FROM ${trained!} WHERE ${learned} IS NOT NULL)`;
    }
    default:
      return undefined;
  }
}

function endOf(end: 'min' | 'max', reference: string): string {
  const name = sqlIdentifier(reference);
  return `${end}If(${name}, NOT isNaN(${name}))`;
}

function countsOf(
  column: QualityColumn,
  trained: string | undefined,
  rangeEnd: (end: 'min' | 'max') => string,
): readonly Count[] {
  return ['missing_ratio', 'out_of_range_ratio', 'unseen_ratio'].flatMap((metric) => {
    const violation = violationOf(metric, column, trained, rangeEnd);
    return violation === undefined ? [] : [{ metric, subject: column.name, hits: `countIf(${violation})` }];
  });
}

function spelled(value: Scalar): string {
  return typeof value === 'string' ? sqlString(value) : String(value);
}
