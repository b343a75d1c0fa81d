import { databaseOf } from '#contracts';
import type { NamedQuery } from './queries.js';
import { qualifiedName } from './table-sql.js';

export interface LogTotals {
  readonly predictions: string;
  readonly events: string;
  readonly quarantined: string;
}

/** Rows and distinct events of a pipeline's log. `predictions` = `events` when every event was scored by one model once. */
export function logTotalsQuery(pipeline: string): NamedQuery<Record<string, never>, LogTotals> {
  const database = databaseOf(pipeline);
  return {
    name: `${pipeline} log totals`,
    toSql: () =>
      `SELECT count() AS predictions, uniqExact(event_id) AS events,\n` +
      `  (SELECT count() FROM ${qualifiedName({ database, name: 'quarantine' })}) AS quarantined\n` +
      `FROM ${qualifiedName({ database, name: 'predictions' })}`,
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
