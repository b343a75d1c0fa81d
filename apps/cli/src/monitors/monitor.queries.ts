import { databaseOf, type MonitorKind, type Verdict } from '#contracts';
import { qualifiedName, type NamedQuery } from '#platform/clickhouse';

/** One evaluation, summed up. Times in ms since epoch, as text. */
export interface EvaluationRow {
  readonly monitor: string;
  readonly kind: MonitorKind;
  readonly window_start_ms: string;
  readonly window_end_ms: string;
  readonly evaluated_at_ms: string;
  readonly verdict: Verdict;
  /** Figures by verdict. */
  readonly figures: string;
  readonly beyond: string;
  readonly insufficient: string;
  /** Of the worst figure; empty where all is well. */
  readonly explanation: string;
  readonly duration_ms: number;
}

/** From the least to say to the most. */
const SEVERITIES: readonly Verdict[] = ['ok', 'insufficient', 'info', 'warning', 'critical'];
const RANK = `indexOf([${SEVERITIES.map((verdict) => `'${verdict}'`).join(', ')}], results.verdict)`;

function resultsOf(pipeline: string): string {
  return qualifiedName({ database: databaseOf(pipeline), name: 'monitor_results' });
}

/** The columns of the table are named with it: what is made of them bears their names. */
const EVALUATION =
  'results.monitor AS monitor, any(results.kind) AS kind, ' +
  'toUnixTimestamp64Milli(results.window_start) AS window_start_ms, ' +
  'toUnixTimestamp64Milli(results.window_end) AS window_end_ms, ' +
  'toUnixTimestamp64Milli(max(results.evaluated_at)) AS evaluated_at_ms, count() AS figures, ' +
  `countIf(results.verdict IN ('info', 'warning', 'critical')) AS beyond, ` +
  `countIf(results.verdict = 'insufficient') AS insufficient, ` +
  `argMax(results.verdict, ${RANK}) AS verdict, argMax(results.explanation, ${RANK}) AS explanation, ` +
  'any(results.duration_ms) AS duration_ms';

/** The last evaluation of every monitor. */
export function lastEvaluationsQuery(pipeline: string): NamedQuery<Record<string, never>, EvaluationRow> {
  const results = resultsOf(pipeline);
  return {
    name: `${pipeline} last evaluations`,
    toSql: () =>
      `SELECT ${EVALUATION} FROM ${results} AS results\n` +
      `WHERE (results.monitor, results.window_end) IN (SELECT monitor, max(window_end) FROM ${results} GROUP BY monitor)\n` +
      'GROUP BY results.monitor, results.window_start, results.window_end ORDER BY monitor',
  };
}

/** The last evaluations of one monitor, the newest first. */
export function evaluationsQuery(pipeline: string): NamedQuery<{ monitor: string; limit: number }, EvaluationRow> {
  return {
    name: `${pipeline} evaluations of a monitor`,
    toSql: () =>
      `SELECT ${EVALUATION} FROM ${resultsOf(pipeline)} AS results WHERE results.monitor = {monitor:String}\n` +
      'GROUP BY results.monitor, results.window_start, results.window_end ORDER BY results.window_end DESC LIMIT {limit:UInt32}',
  };
}

/** Where the log ends now: the first offset of each partition that is not in it. */
export interface LogEndRow {
  readonly topic: 'predictions' | 'outcomes' | 'quarantine';
  readonly partition: number;
  readonly end: string;
}

export function logEndsQuery(pipeline: string, hasLabel: boolean): NamedQuery<Record<string, never>, LogEndRow> {
  const database = databaseOf(pipeline);
  const ends = (topic: string, table: string, column: string): string =>
    `SELECT '${topic}' AS topic, ${column}_partition AS partition, max(${column}_offset) + 1 AS end ` +
    `FROM ${qualifiedName({ database, name: table })} GROUP BY partition`;
  return {
    name: `${pipeline} ends of the log`,
    toSql: () =>
      [
        ends('predictions', 'predictions', 'log'),
        ends('quarantine', 'quarantine', 'quarantine'),
        ...(hasLabel ? [ends('outcomes', 'outcome_revisions', 'outcome')] : []),
      ].join('\nUNION ALL '),
  };
}

/** The newest event time of what was scored, ms; null where nothing was. */
export function newestEventQuery(pipeline: string): NamedQuery<Record<string, never>, { newest_ms: string | null }> {
  return {
    name: `${pipeline} newest event`,
    toSql: () =>
      'SELECT maxOrNull(toUnixTimestamp64Milli(event_time)) AS newest_ms ' +
      `FROM ${qualifiedName({ database: databaseOf(pipeline), name: 'predictions' })} WHERE role != 'shadow'`,
  };
}
