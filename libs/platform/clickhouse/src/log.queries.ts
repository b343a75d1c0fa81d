import { databaseOf } from '#contracts';
import type { LogTablesInput } from './log-tables.js';
import type { NamedQuery } from './queries.js';
import { qualifiedName } from './table-sql.js';

export interface LogTotals {
  readonly predictions: string;
  readonly events: string;
  readonly quarantined: string;
  /** Labels that found their prediction. */
  readonly labels: string;
  /** Events that have a label. */
  readonly outcomes: string;
  /** Alerts whose last change was that they fire. */
  readonly firing: string;
}

/**
 * Rows and distinct events of a pipeline's log. `predictions` = `events` when every event was scored by one model once;
 * 0 labels, outcomes and alerts where the pipeline has none.
 */
export function logTotalsQuery({
  name: pipeline,
  label,
  monitoring,
}: Pick<LogTablesInput, 'name' | 'label' | 'monitoring'>): NamedQuery<Record<string, never>, LogTotals> {
  const table = (name: string) => qualifiedName({ database: databaseOf(pipeline), name });
  const firing = `SELECT argMax(state, (noticed_at, alert_partition, alert_offset)) AS last FROM ${table('alerts')} GROUP BY id`;
  return {
    name: `${pipeline} log totals`,
    toSql: () =>
      `SELECT count() AS predictions, uniqExact(event_id) AS events,\n` +
      `  (SELECT count() FROM ${table('quarantine')}) AS quarantined,\n` +
      `  ${label === undefined ? '0' : `(SELECT count() FROM ${table('outcome_revisions')})`} AS labels,\n` +
      `  ${label === undefined ? '0' : `(SELECT count() FROM ${table('outcomes')})`} AS outcomes,\n` +
      `  ${monitoring === undefined ? '0' : `(SELECT countIf(last = 'firing') FROM (${firing}))`} AS firing\n` +
      `FROM ${table('predictions')}`,
  };
}

/** All predictions made for an event, by whichever model and role, oldest first. Found by the bloom filter on `event_id`. */
export function predictionsOfEventQuery(pipeline: string): NamedQuery<{ event_id: string }, Record<string, unknown>> {
  return {
    name: `${pipeline} predictions of an event`,
    toSql: () =>
      `SELECT * FROM ${qualifiedName({ database: databaseOf(pipeline), name: 'predictions' })}\n` +
      `WHERE event_id = {event_id:String} ORDER BY predicted_at`,
  };
}

/** The predictions that a trace passed through. */
export function predictionsOfTraceQuery(pipeline: string): NamedQuery<{ trace_id: string }, Record<string, unknown>> {
  return {
    name: `${pipeline} predictions of a trace`,
    toSql: () =>
      `SELECT * FROM ${qualifiedName({ database: databaseOf(pipeline), name: 'predictions' })}\n` +
      `WHERE trace_id = {trace_id:String} ORDER BY predicted_at`,
  };
}
