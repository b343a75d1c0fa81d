import type { Panel, Variable } from './dashboard.js';

/** Pipelines that watch themselves, by their databases. `only` is another table that they must have. */
export function pipelineVariable(only = 'monitor_results'): Variable {
  return {
    name: 'pipeline',
    label: 'Pipeline (database)',
    query: `SELECT DISTINCT database FROM system.tables WHERE name = '${only}' ORDER BY database`,
  };
}

/** What monitors of a kind found over all rows of their windows, one series per metric and subject. */
export function foundSql(kind: string, metrics?: readonly string[]): string {
  const only = metrics === undefined ? '' : ` AND metric IN (${metrics.map((metric) => `'${metric}'`).join(', ')})`;
  return (
    `SELECT window_end AS time, trimRight(concat(metric, ' ', subject)) AS series, value\n` +
    `FROM \${pipeline}.monitor_results\n` +
    `WHERE $__timeFilter(window_end) AND kind = '${kind}' AND slice = '' AND value IS NOT NULL${only}\n` +
    `ORDER BY time, series`
  );
}

/** The last window of each figure of a kind within the time that is shown. */
export function latestSql(kind: string): string {
  return (
    `SELECT monitor, metric, subject, slice, value, low, high, threshold, q_value, rows, verdict, explanation, window_end\n` +
    `FROM \${pipeline}.monitor_results\n` +
    `WHERE $__timeFilter(window_end) AND kind = '${kind}'\n` +
    `ORDER BY window_end DESC LIMIT 1 BY monitor, metric, subject, slice LIMIT 500`
  );
}

/** Changes of alerts of some kinds of monitors, the latest first. */
export function alertsPanel(kinds: readonly string[]): Panel {
  const list = kinds.map((kind) => `'${kind}'`).join(', ');
  return {
    title: 'Changes of alerts',
    kind: 'table',
    queries: [
      {
        text:
          `SELECT window_end, state, severity, monitor, metric, subject, slice, value, threshold, summary, id\n` +
          `FROM \${pipeline}.alerts\n` +
          `WHERE $__timeFilter(window_end) AND kind IN (${list})\n` +
          `ORDER BY window_end DESC, id LIMIT 200`,
      },
    ],
  };
}

/** A figure with its interval: `<name>`, `<name> low`, `<name> high`. */
export function withInterval(name: string, where: string): string {
  return (
    `SELECT window_end AS time, value AS ${name}, low AS ${name}_low, high AS ${name}_high\n` +
    `FROM \${pipeline}.monitor_results\n` +
    `WHERE $__timeFilter(window_end) AND ${where} AND value IS NOT NULL\n` +
    `ORDER BY time`
  );
}
