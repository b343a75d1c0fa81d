import {
  databaseOf,
  eventColumnNames,
  featureColumnName,
  sqlIdentifier,
  type LogCut,
  type PipelineDefinition,
} from '#contracts';
import type { MonitorContext, Window } from './monitor.js';

/**
 * The rows that a monitor looks at, as text to put after FROM. Shadow predictions are left out: nobody acted on them.
 * Rows that the log did not hold yet when the window was due are left out too, so that an evaluation repeated later
 * gives the same.
 */
export function predictionsIn(pipeline: PipelineDefinition, { window, cut }: MonitorContext): string {
  const table = `${sqlIdentifier(databaseOf(pipeline.name))}.predictions`;
  return (
    `(SELECT ${everything(pipeline)} FROM ${table} WHERE ${within('event_time', window)} AND role != 'shadow'` +
    ` AND ${known('log_partition', 'log_offset', cut.predictions)})`
  );
}

/** The label of each event as it was known: the highest revision of those that had come. */
export function outcomesIn(pipeline: PipelineDefinition, { window, cut }: MonitorContext): string {
  const table = `${sqlIdentifier(databaseOf(pipeline.name))}.outcome_revisions`;
  return (
    `(SELECT ${everything(pipeline)} FROM ${table} WHERE ${within('event_time', window)} AND role != 'shadow'` +
    ` AND ${known('outcome_partition', 'outcome_offset', cut.outcomes)}` +
    // In the order of the table, which is read so without being sorted anew.
    ` ORDER BY event_time, event_id, label_rank DESC LIMIT 1 BY event_time, event_id)`
  );
}

/**
 * What was said of an event for the first time between two cuts, a label once however often it was repeated; a correction
 * is something new. Shadow predictions are left out.
 *
 * @param columns what is asked of them; left out: all, by all their names
 */
export function outcomesBetween(
  pipeline: PipelineDefinition,
  before: readonly number[],
  { outcomes: after }: Pick<LogCut, 'outcomes'>,
  columns: readonly string[] = [everything(pipeline)],
): string {
  const table = `${sqlIdentifier(databaseOf(pipeline.name))}.outcome_revisions`;
  const cameBefore = known('outcome_partition', 'outcome_offset', before);
  const came = `${cameBetween(before, after)} AND role != 'shadow'`;
  const label = 'event_time, event_id, label_rank';
  return (
    `(SELECT ${columns.join(', ')} FROM ${table} WHERE ${came}` +
    // Of the same times, which the sorting key finds; PREWHERE, for else statistics are asked how many these are.
    ` AND (${label}) NOT IN (SELECT ${label} FROM ${table}` +
    ` PREWHERE event_time IN (SELECT event_time FROM ${table} WHERE ${came}) WHERE ${cameBefore})` +
    ` ORDER BY outcome_partition, outcome_offset LIMIT 1 BY ${label})`
  );
}

/** Events that were refused while the clock went from the window's beginning to its end: most have no event time. */
export function quarantineIn(pipeline: PipelineDefinition, { cut, cutBefore }: MonitorContext): string {
  const table = `${sqlIdentifier(databaseOf(pipeline.name))}.quarantine`;
  const before =
    cutBefore === null ? '' : ` AND NOT ${known('quarantine_partition', 'quarantine_offset', cutBefore.quarantine)}`;
  return `(SELECT * FROM ${table} WHERE ${known('quarantine_partition', 'quarantine_offset', cut.quarantine)}${before})`;
}

/** The rows that a model came with: its features by their columns' names, `score` and `label` (Nullable). */
export function referenceOf(pipeline: PipelineDefinition, version: string): string {
  const table = `${sqlIdentifier(databaseOf(pipeline.name))}.model_reference`;
  return `(SELECT * FROM ${table} WHERE model_version = '${version}')`;
}

/** A star leaves out what is another name for a stored column, as a feature is for its field: those are named. */
function everything({ event, features }: PipelineDefinition): string {
  const columns = eventColumnNames({ event, features });
  const others = [
    ...[event.id, event.key, event.time].map((field) => columns.get(field) ?? field),
    ...features.flatMap((one) => (one.kind === 'field' && one.field === one.name ? [featureColumnName(one.name)] : [])),
  ];
  return ['*', ...new Set(others.map(sqlIdentifier))].join(', ');
}

export function within(column: string, { startMs, endMs }: Window): string {
  return `${column} >= ${instant(startMs)} AND ${column} < ${instant(endMs)}`;
}

export function instant(ms: number): string {
  return `fromUnixTimestamp64Milli(${Math.trunc(ms)}, 'UTC')`;
}

/** Records of the outcomes topic that came to the log between two cuts. */
export function cameBetween(before: readonly number[], after: readonly number[]): string {
  // The plain bounds say no more than the others, in a form that an index can use.
  return (
    `outcome_offset >= ${Math.min(...after.map((_, partition) => before[partition] ?? 0), Number.MAX_SAFE_INTEGER)}` +
    ` AND outcome_offset < ${Math.max(...after, 0)}` +
    ` AND ${known('outcome_partition', 'outcome_offset', after)}` +
    ` AND NOT ${known('outcome_partition', 'outcome_offset', before)}`
  );
}

/** Partitions that the cut does not name were not there. */
export function known(partition: string, offset: string, ends: readonly number[]): string {
  return `${offset} < arrayElement([${ends.length === 0 ? 'toInt64(0)' : ends.map((end) => `toInt64(${end})`).join(', ')}], ${partition} + 1)`;
}
