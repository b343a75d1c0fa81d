import type { Dashboard } from './dashboard.js';
import {
  alertMarks,
  alerts,
  bounds,
  evaluated,
  IN_RANGE,
  lastFigures,
  monitorVariable,
  PIPELINE,
  RESULTS,
  resultsOf,
  rows,
  series,
} from './monitor-queries.js';
import { band, barChart, boundsOf, override, table, timeSeries } from './panels.js';

const UID = 'eddyline-performance';
const KINDS = ['performance', 'estimate', 'concept', 'labels'];

const REALISED = resultsOf('performance', 'monitor', 'metric = ${metric:sqlstring}');
const ESTIMATED = resultsOf('estimate', 'estimate', 'metric = ${metric:sqlstring}');
/** Labelled events of the range whose decision was acted on; a regression decides nothing. */
const DECIDED = "FROM ${pipeline}.outcomes WHERE $__timeFilter(event_time) AND role != 'shadow' AND decision != ''";
/** What was decided, in the words of the decision. */
const LABELLED =
  "if(decision IN ('positive', 'negative'), if(label = 1, 'positive', 'negative'), toString(toInt64(label)))";

const labels = (metrics: readonly string[]): string =>
  `SELECT window_end AS time, concat(monitor, ': ', metric) AS series, value
FROM ${RESULTS}
WHERE ${IN_RANGE} AND kind = 'labels' AND metric IN (${metrics.map((metric) => `'${metric}'`).join(', ')})
ORDER BY time, series`;

export const MODEL_PERFORMANCE: Dashboard = {
  uid: UID,
  title: 'Eddyline: model performance',
  description:
    'How good predictions were by the labels that came back, and how good they are thought to be before. Times are those of the data.',
  datasource: 'clickhouse',
  from: 'now-7d',
  variables: [
    PIPELINE,
    monitorVariable('monitor', 'Performance monitor', 'performance'),
    monitorVariable('estimate', 'Estimate', 'estimate'),
    {
      name: 'metric',
      label: 'Metric',
      description: 'Of the performance monitor',
      query: {
        kind: 'clickhouse',
        sql: `SELECT DISTINCT metric FROM ${RESULTS} WHERE ${resultsOf('performance', 'monitor')} AND metric != 'evaluation' ORDER BY metric`,
      },
    },
    {
      name: 'slice',
      label: 'Slices',
      description: 'Rows with one value of a column',
      query: {
        kind: 'clickhouse',
        sql: `SELECT DISTINCT slice FROM ${RESULTS} WHERE ${resultsOf('performance', 'monitor')} AND slice != '' ORDER BY slice`,
      },
      multi: true,
    },
  ],
  annotations: alertMarks(KINDS),
  sections: [
    { title: 'Where the data lies', panels: [evaluated(UID), alerts(KINDS)] },
    {
      title: 'Realised and estimated',
      panels: [
        timeSeries({
          title: '${metric}: realised beside estimated',
          description:
            'By the labels, and as the calibrated scores let expect, with confidence intervals. Each lies at the end of the window that it was evaluated for; the realised figure is of events older by the monitor’s `delay`, which gave their labels time to come. “Realised later” is of exactly the estimate’s events, where their labels were there already.',
          width: 24,
          height: 11,
          queries: [
            series(
              `SELECT window_end AS time, value AS "realised", low AS "realised, low", high AS "realised, high"\nFROM ${RESULTS}\nWHERE ${IN_RANGE} AND ${REALISED} AND slice = ''\nORDER BY time`,
            ),
            series(
              `SELECT window_end AS time, value AS "estimated", low AS "estimated, low", high AS "estimated, high", reference_value AS "realised later"\nFROM ${RESULTS}\nWHERE ${IN_RANGE} AND ${ESTIMATED} AND slice = ''\nORDER BY time`,
            ),
            bounds(`${REALISED} AND slice = ''`),
          ],
          overrides: [
            boundsOf('C'),
            {
              matcher: { id: 'byFrameRefID', options: 'C' },
              properties: [{ id: 'displayName', value: '${__field.labels.series}' }],
            },
            override('realised', { color: { mode: 'fixed', fixedColor: 'green' }, 'custom.lineWidth': 2 }),
            override('estimated', { color: { mode: 'fixed', fixedColor: 'blue' }, 'custom.lineWidth': 2 }),
            ...band('realised, low', 'realised, high', 'green'),
            ...band('estimated, low', 'estimated, high', 'blue'),
          ],
        }),
        lastFigures(
          {
            title: 'The last window, realised',
            description: 'All metrics over all rows, with 95 % intervals unless the monitor says otherwise.',
            width: 12,
          },
          'metric, value, low, high, threshold AS bound, rows, coverage, verdict, explanation',
          resultsOf('performance', 'monitor', "slice = ''"),
        ),
        lastFigures(
          {
            title: 'The last window, estimated',
            description: 'Reference: the same events by their labels, where these were there already.',
            width: 12,
          },
          'metric, value, low, high, reference_value AS reference, rows, coverage, verdict, explanation',
          resultsOf('estimate', 'estimate'),
        ),
      ],
    },
    {
      title: 'By slice',
      panels: [
        timeSeries({
          title: '${metric} by slice',
          description: 'The selected slices. Small ones jump by chance: see their rows and intervals in the table.',
          height: 10,
          queries: [
            series(
              `SELECT window_end AS time, slice AS series, value\nFROM ${RESULTS}\nWHERE ${IN_RANGE} AND ${REALISED} AND slice IN (\${slice:sqlstring})\nORDER BY time, series`,
            ),
          ],
          display: '${__field.labels.series}',
        }),
        lastFigures(
          {
            title: '${metric} by slice, the last window',
            description: 'A bound counts for a slice only when the whole interval lies beyond it.',
            width: 12,
            height: 10,
          },
          'slice, value, low, high, rows, coverage, verdict',
          `${REALISED} AND slice IN (\${slice:sqlstring})`,
        ),
      ],
    },
    {
      title: 'Calibration and confusion',
      panels: [
        barChart({
          title: 'Reliability',
          description:
            'Labelled events of the range by score: of a calibrated model the share that came true is the mean score of its bin. In brackets: how many events.',
          unit: 'percentunit',
          min: 0,
          max: 1,
          x: 'score',
          queries: [
            rows(`SELECT
  concat(toString(bin / 10), ' – ', toString((bin + 1) / 10), ' (', toString(count()), ')') AS score,
  avg(probability) AS "mean score", avg(came_true) AS "came true"
FROM (
  SELECT outcomes.score AS probability, least(9, toInt32(floor(probability * 10))) AS bin,
    if(decision IN ('positive', 'negative'), label = 1, toString(decision) = toString(toInt64(label))) AS came_true
  ${DECIDED} AND outcomes.score BETWEEN 0 AND 1
)
GROUP BY bin
ORDER BY bin`),
          ],
        }),
        table({
          title: 'Decided and labelled',
          description:
            'Labelled events of the range: how often what was decided got which label. Share: of those so decided.',
          width: 12,
          height: 9,
          queries: [
            rows(
              `SELECT toString(decision) AS decided, ${LABELLED} AS labelled, count() AS events, events / sum(events) OVER (PARTITION BY decided) AS share\n${DECIDED}\nGROUP BY decided, labelled\nORDER BY decided, labelled`,
            ),
          ],
          overrides: [override('share', { unit: 'percentunit' })],
        }),
      ],
    },
    {
      title: 'Concept',
      panels: [
        timeSeries({
          title: 'Changes of concept',
          description:
            'What the change detector found in the errors of the model: 1 they rose, −1 they only fell, 0 neither.',
          min: -1,
          max: 1,
          queries: [
            series(
              `SELECT window_end AS time, monitor AS series, value\nFROM ${RESULTS}\nWHERE ${IN_RANGE} AND kind = 'concept' AND metric = 'change'\nORDER BY time, series`,
            ),
          ],
          display: '${__field.labels.series}',
        }),
        table({
          title: 'When the errors changed',
          description: 'From what to what, and by which detector.',
          width: 12,
          queries: [
            rows(
              `SELECT window_end, monitor, if(value > 0, 'rose', 'fell') AS errors, reference_value AS before, rows AS outcomes, verdict, explanation\nFROM ${RESULTS}\nWHERE ${IN_RANGE} AND kind = 'concept' AND metric = 'change' AND value != 0\nORDER BY window_end DESC`,
            ),
          ],
        }),
      ],
    },
    {
      title: 'Labels',
      panels: [
        timeSeries({
          title: 'Coverage',
          description:
            'Share of the predictions that have labels: those as far back as the pipeline waits for labels, and those that performance was measured on.',
          unit: 'percentunit',
          min: 0,
          max: 1,
          queries: [
            series(labels(['coverage'])),
            series(
              `SELECT window_end AS time, concat(monitor, ': of its rows') AS series, any(coverage) AS covered\nFROM ${RESULTS}\nWHERE ${IN_RANGE} AND ${resultsOf('performance', 'monitor', "slice = ''")}\nGROUP BY time, series\nORDER BY time, series`,
            ),
          ],
          display: '${__field.labels.series}',
        }),
        timeSeries({
          title: 'Delay',
          description: 'From an event to its first label becoming known, of the labels that came in each window.',
          unit: 's',
          min: 0,
          queries: [series(labels(['delay_p50_seconds', 'delay_p90_seconds', 'delay_p99_seconds']))],
          display: '${__field.labels.series}',
        }),
        timeSeries({
          title: 'Repeated, corrected, late, orphaned',
          description: 'Shares of the labels that came in each window.',
          unit: 'percentunit',
          min: 0,
          queries: [series(labels(['duplicate_ratio', 'correction_ratio', 'late_ratio', 'orphan_ratio']))],
          display: '${__field.labels.series}',
        }),
        timeSeries({
          title: 'Predictions and labels by when the event happened',
          description:
            'As the log is now. Where the lines part, labels have not come yet, or never will; an event that was scored twice counts twice.',
          min: 0,
          queries: [
            series(
              "SELECT $__timeInterval(event_time) AS time, count() AS predicted\nFROM ${pipeline}.predictions\nWHERE $__timeFilter(event_time) AND role != 'shadow'\nGROUP BY time\nORDER BY time",
            ),
            series(
              "SELECT $__timeInterval(event_time) AS time, count() AS labelled\nFROM ${pipeline}.outcomes\nWHERE $__timeFilter(event_time) AND role != 'shadow'\nGROUP BY time\nORDER BY time",
            ),
          ],
        }),
      ],
    },
  ],
};
