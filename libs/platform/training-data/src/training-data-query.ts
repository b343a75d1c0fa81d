import { databaseOf, featureColumnName, sqlIdentifier } from '#contracts';
import { instant } from './instant.js';
import { datasetColumnsOf, type DatasetDefinition } from './dataset-columns.js';

/** What of the log a model is trained on. Times are ms. */
export interface TrainingRange {
  /** Event time of the first row, inclusive; null: as far back as the log goes. */
  readonly fromMs: number | null;
  /** Event time of the last row, exclusive; null: to the end of the log. */
  readonly toMs: number | null;
  /** Labels that were known by then (their `label_time`), inclusive; null: all that have come. */
  readonly labelsUntilMs: number | null;
  /** The newest rows are taken. */
  readonly maxRows: number;
}

/**
 * The rows that a model is trained on, in the order of event time and id: of each event the label that held by
 * `labelsUntilMs` (as the view `outcomes` would have shown it then) and the features as they were served. What was scored in the
 * shadow is left out: there the event has its row already. Later corrections change nothing of it, so the same query gives the
 * same rows again once all labels of that time have arrived.
 */
export function trainingDataQuery(definition: DatasetDefinition, range: TrainingRange): string {
  const { features, slices } = datasetColumnsOf(definition);
  const table = `${sqlIdentifier(databaseOf(definition.name))}.outcome_revisions`;
  const served = features.map(({ name }) => sqlIdentifier(featureColumnName(name)));
  const sliced = slices.map((column) => ({
    name: sqlIdentifier(`slice_${column}`),
    value: `ifNull(toString(${sqlIdentifier(column)}), 'null')`,
  }));
  const inner = [
    'event_id',
    'event_time',
    'label',
    ...served,
    ...sliced.map(({ name, value }) => `${value} AS ${name}`),
  ];
  const outer = [
    'event_id',
    'toUnixTimestamp64Milli(event_time) AS time_ms',
    'label',
    ...served,
    ...sliced.map(({ name }) => name),
  ];
  const where = [
    ...(range.fromMs === null ? [] : [`event_time >= ${instant(range.fromMs)}`]),
    ...(range.toMs === null ? [] : [`event_time < ${instant(range.toMs)}`]),
    ...(range.labelsUntilMs === null ? [] : [`label_time <= ${instant(range.labelsUntilMs)}`]),
    `role != 'shadow'`,
    'isFinite(label)',
  ];
  return `SELECT ${outer.join(', ')}
FROM (
  SELECT ${inner.join(', ')}
  FROM ${table}
  WHERE ${where.join(' AND ')}
  ORDER BY event_time DESC, event_id DESC, label_rank DESC
  LIMIT 1 BY event_time, event_id
  LIMIT ${Math.trunc(range.maxRows)}
)
ORDER BY event_time, event_id`;
}
