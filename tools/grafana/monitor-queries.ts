import type { Annotation, Panel, Query, Variable } from './dashboard.js';
import { boundsOf, override, table, timeSeries, verdictColumn } from './panels.js';

/**
 * What the dashboards ask ClickHouse. `${…}` are variables of the dashboard, `$__…` macros of the datasource; times are event
 * time, a window lies at its end.
 */

export const RESULTS = '${pipeline}.monitor_results';
export const IN_RANGE = '$__timeFilter(window_end)';

export function series(sql: string): Query {
  return { kind: 'clickhouse', sql, as: 'series' };
}

export function rows(sql: string): Query {
  return { kind: 'clickhouse', sql, as: 'table' };
}

export const PIPELINE: Variable = {
  name: 'pipeline',
  label: 'Pipeline',
  description: 'Its database: the name of the pipeline with underscores for dashes',
  query: {
    kind: 'clickhouse',
    sql: "SELECT DISTINCT database FROM system.tables WHERE name = 'monitor_results' ORDER BY database",
  },
};

/** Monitors of one kind. */
export function monitorVariable(name: string, label: string, kind: string): Variable {
  return {
    name,
    label,
    description: `Of the kind ${kind}`,
    query: {
      kind: 'clickhouse',
      sql: `SELECT DISTINCT monitor FROM ${RESULTS} WHERE kind = '${kind}' ORDER BY monitor`,
    },
  };
}

/** What results are asked for, as text after WHERE. */
export function resultsOf(kind: string, monitor: string, more = ''): string {
  return `kind = '${kind}' AND monitor = \${${monitor}:sqlstring}${more === '' ? '' : ` AND ${more}`}`;
}

/** A figure's series, one for each of what `by` gives. */
export function figure(where: string, by: string): Query {
  return series(
    `SELECT window_end AS time, ${by} AS series, value\nFROM ${RESULTS}\nWHERE ${IN_RANGE} AND ${where}\nORDER BY time, series`,
  );
}

/** Every bound that figures were held against, over the whole range; nothing where there is none. */
export function bounds(where: string): Query {
  const asked = `${RESULTS}\n  WHERE ${IN_RANGE} AND ${where} AND isNotNull(threshold)`;
  return series(
    `SELECT DISTINCT window_end AS time, concat('bound ', toString(bound)) AS series, bound AS value
FROM ${RESULTS}
ARRAY JOIN (
  SELECT groupUniqArray(assumeNotNull(threshold)) FROM ${asked}
) AS bound
WHERE ${IN_RANGE} AND ${where}
ORDER BY time, series`,
  );
}

/** A metric over time with its bounds. */
export function figureWithBounds(
  spec: Pick<Panel, 'title' | 'description'> & {
    readonly unit?: string;
    readonly width?: number;
    readonly min?: number;
  },
  where: string,
  by: string,
): Panel {
  return timeSeries({
    ...spec,
    queries: [figure(where, by), bounds(where)],
    display: '${__field.labels.series}',
    overrides: [boundsOf('B')],
  });
}

export const VERDICT_LEVEL =
  "multiIf(verdict = 'critical', 3, verdict = 'warning', 2, verdict = 'info', 1, verdict = 'ok', 0, -1)";

/** Of the last window in the range. */
export function lastWindow(where: string): string {
  return `${where} AND window_end = (\n  SELECT max(window_end) FROM ${RESULTS} WHERE ${IN_RANGE} AND ${where}\n)`;
}

/** What was evaluated and when, whatever the range: it leads there. */
export function evaluated(uid: string): Panel {
  return table({
    title: 'What was evaluated',
    description:
      'All windows there are, whatever range is chosen above, and the verdicts of the last one. Times are those of the data: a replayed stream lies in the past. Click a monitor to choose the range of all its windows.',
    height: 7,
    queries: [
      rows(`SELECT
  monitor, kind, uniqExact(window_end) AS windows, min(window_start) AS first, max(window_end) AS last,
  countIf(window_end = newest AND verdict = 'critical') AS critical,
  countIf(window_end = newest AND verdict = 'warning') AS warning,
  countIf(window_end = newest AND verdict = 'info') AS info,
  countIf(window_end = newest AND verdict = 'ok') AS ok,
  countIf(window_end = newest AND verdict = 'insufficient') AS insufficient,
  toString(toUnixTimestamp64Milli(first)) AS from_ms, toString(toUnixTimestamp64Milli(last)) AS to_ms
FROM (
  SELECT monitor, kind, window_start, window_end, verdict, max(window_end) OVER (PARTITION BY monitor) AS newest
  FROM ${RESULTS}
)
GROUP BY monitor, kind
ORDER BY kind, monitor`),
    ],
    overrides: [
      override('monitor', {
        links: [
          {
            title: 'Look at all of its windows',
            url: `/d/${uid}?\${pipeline:queryparam}&from=\${__data.fields.from_ms}&to=\${__data.fields.to_ms}`,
          },
        ],
      }),
      // The second since Grafana 12.2.
      ...['from_ms', 'to_ms'].map((name) =>
        override(name, { 'custom.hidden': true, 'custom.hideFrom': { viz: true, legend: false, tooltip: false } }),
      ),
    ],
  });
}

/** Figures of the last window, worst first. */
export function lastFigures(
  spec: Pick<Panel, 'title' | 'description'> & { readonly width?: number; readonly height?: number },
  columns: string,
  where: string,
): Panel {
  return table({
    ...spec,
    queries: [
      rows(`SELECT ${columns}\nFROM ${RESULTS}\nWHERE ${lastWindow(where)}\nORDER BY ${VERDICT_LEVEL} DESC, 1, 2`),
    ],
    overrides: [
      verdictColumn('verdict'),
      ...['value', 'bound', 'low', 'high', 'reference', 'p', 'q'].map((name) => override(name, { decimals: 4 })),
      ...['coverage'].map((name) => override(name, { unit: 'percentunit' })),
    ],
  });
}

function kinds(of: readonly string[]): string {
  return `kind IN (${of.map((kind) => `'${kind}'`).join(', ')})`;
}

/** Alerts that fired within the range or still fire. */
export function alerts(of: readonly string[]): Panel {
  return table({
    title: 'Alerts',
    description:
      'Alerts that were firing at some time of the range; the newest first. `eddyline alerts show <id>` has the evidence and the query.',
    queries: [
      rows(`SELECT
  argMax(state, (window_end, alert_offset)) AS is_now, argMax(severity, (window_end, alert_offset)) AS how_bad,
  any(fired_at) AS fired, if(is_now = 'resolved', max(window_end), NULL) AS resolved,
  argMin(summary, (window_end, alert_offset)) AS what, argMax(value, (window_end, alert_offset)) AS last_value,
  argMax(threshold, (window_end, alert_offset)) AS bound, any(model_version) AS model, id
FROM \${pipeline}.alerts
WHERE ${kinds(of)}
GROUP BY id
HAVING fired <= $__toTime AND (is_now = 'firing' OR resolved >= $__fromTime)
ORDER BY fired DESC, id`),
    ],
    overrides: [
      override('is_now', { displayName: 'state' }),
      override('how_bad', { displayName: 'severity' }),
      override('last_value', { displayName: 'value', decimals: 4 }),
      verdictColumn('how_bad'),
    ],
  });
}

export function alertMarks(of: readonly string[]): readonly Annotation[] {
  const marks = (state: string): string =>
    `SELECT window_end AS time, concat(monitor, ': ', metric, if(subject = '', '', concat(' of ', subject)), if(slice = '', '', concat(' where ', slice))) AS title,
  summary AS text, concat(severity, ',', state) AS tags
FROM \${pipeline}.alerts
WHERE ${IN_RANGE} AND state = '${state}' AND ${kinds(of)}
ORDER BY time`;
  return [
    { name: 'Alerts that fired', color: 'red', sql: marks('firing') },
    { name: 'Alerts that resolved', color: 'green', sql: marks('resolved') },
  ];
}
