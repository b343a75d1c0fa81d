import type { Dashboard } from './dashboard.js';
import {
  alertMarks,
  alerts,
  bounds,
  evaluated,
  figure,
  figureWithBounds,
  IN_RANGE,
  lastFigures,
  monitorVariable,
  PIPELINE,
  RESULTS,
  resultsOf,
  rows,
  series,
  VERDICT_LEVEL,
} from './monitor-queries.js';
import { barChart, boundsOf, cells, override, table, timeSeries } from './panels.js';

const UID = 'eddyline-drift';
const KINDS = ['quality', 'drift', 'attribution', 'anomalies', 'system', 'business'];
const SCORE_BINS = 20;

const DRIFT = resultsOf('drift', 'monitor', 'metric = ${statistic:sqlstring} AND subject IN (${feature:sqlstring})');
/** Of whatever monitor: a pipeline has one at most. */
const attribution = (metric: string): string => `kind = 'attribution' AND metric = '${metric}'`;
const quality = (metric: string): string => resultsOf('quality', 'quality', `metric = '${metric}'`);
/** Of the answers that were acted on, in the range. */
const SERVED = "FROM ${pipeline}.predictions WHERE $__timeFilter(event_time) AND role != 'shadow'";

export const DATA_QUALITY_AND_DRIFT: Dashboard = {
  uid: UID,
  title: 'Eddyline: data quality and drift',
  description:
    'Whether what is scored is what the model was trained on, and whether it is sound. Times are those of the data.',
  datasource: 'clickhouse',
  from: 'now-7d',
  variables: [
    PIPELINE,
    monitorVariable('monitor', 'Drift monitor', 'drift'),
    {
      name: 'statistic',
      label: 'Statistic',
      description: 'First the one that the monitor holds against bounds',
      query: {
        kind: 'clickhouse',
        sql: `SELECT metric FROM ${RESULTS} WHERE ${resultsOf('drift', 'monitor')} AND metric != 'evaluation' GROUP BY metric ORDER BY countIf(isNotNull(threshold)) DESC, metric`,
      },
    },
    {
      name: 'feature',
      label: 'Features',
      description: 'And the score',
      query: {
        kind: 'clickhouse',
        sql: `SELECT DISTINCT subject FROM ${RESULTS} WHERE ${resultsOf('drift', 'monitor')} AND subject != '' ORDER BY subject`,
      },
      multi: true,
    },
    monitorVariable('quality', 'Quality monitor', 'quality'),
  ],
  annotations: alertMarks(KINDS),
  sections: [
    { title: 'Where the data lies', panels: [evaluated(UID), alerts(KINDS)] },
    {
      title: 'Drift',
      panels: [
        timeSeries({
          title: '${statistic} by feature',
          description:
            'How far each window lies from what the model was trained on (or from the window before: the monitor says which). Dashed: the bounds.',
          width: 24,
          height: 10,
          min: 0,
          queries: [figure(DRIFT, 'subject'), bounds(DRIFT)],
          display: '${__field.labels.series}',
          overrides: [boundsOf('B')],
        }),
        cells({
          title: '${statistic}: heat map of features',
          description: 'The same figures: a line for each feature, a column for each window; the redder, the further.',
          min: 0,
          colors: 'rising',
          queries: [figure(DRIFT, 'subject')],
          display: '${__field.labels.series}',
        }),
        cells({
          title: 'Verdicts on features',
          description:
            'A bound counts only where the difference is no chance either (Benjamini–Hochberg over the features of a window).',
          colors: 'verdicts',
          queries: [
            series(
              `SELECT window_end AS time, subject AS series, max(${VERDICT_LEVEL}) AS level\nFROM ${RESULTS}\nWHERE ${IN_RANGE} AND ${resultsOf('drift', 'monitor', 'subject IN (${feature:sqlstring})')}\nGROUP BY time, series\nORDER BY time, series`,
            ),
          ],
          display: '${__field.labels.series}',
        }),
        lastFigures(
          {
            title: 'The last window, feature by feature',
            description: 'All statistics; p: of the test alone, q: adjusted for how many features were looked at.',
          },
          'subject AS feature, metric AS statistic, value, threshold AS bound, p_value AS p, q_value AS q, rows, reference_rows, verdict, explanation',
          resultsOf('drift', 'monitor', 'subject IN (${feature:sqlstring})'),
        ),
      ],
    },
    {
      title: 'What the model goes by',
      panels: [
        timeSeries({
          title: 'Order of the features',
          description:
            'Of what was explained. NDCG: 1 where the features matter in the order of the reference, below 0.9 others decide. Total variation: the part of all contributions that went from some features to others.',
          min: 0,
          max: 1,
          queries: [
            series(
              `SELECT window_end AS time, metric AS series, value\nFROM ${RESULTS}\nWHERE ${IN_RANGE} AND (${attribution('ndcg')} OR ${attribution('total_variation')})\nORDER BY time, series`,
            ),
          ],
          display: '${__field.labels.series}',
        }),
        timeSeries({
          title: 'Importance by feature',
          description:
            'Mean size of what each feature contributed, in the unit that is explained; a drift of a feature that hardly matters is no news.',
          min: 0,
          queries: [figure(attribution('importance'), 'subject')],
          display: '${__field.labels.series}',
        }),
      ],
    },
    {
      title: 'Score',
      panels: [
        barChart({
          title: 'Scores now and in training',
          description:
            'Share of the predictions of the range by score, beside that of the rows that their models were trained on.',
          unit: 'percentunit',
          x: 'score',
          queries: [
            rows(`WITH
  (SELECT groupUniqArray(toString(model_version)) ${SERVED}) AS versions,
  scores AS (
    SELECT score, true AS is_now ${SERVED}
    UNION ALL
    SELECT score, false FROM \${pipeline}.model_reference WHERE has(versions, toString(model_version))
  ),
  (SELECT min(score) FROM scores) AS lowest,
  (SELECT max(score) FROM scores) AS highest,
  greatest(highest - lowest, 1e-9) / ${SCORE_BINS} AS width
SELECT
  concat(toString(round(lowest + bin * width, 3)), ' – ', toString(round(lowest + (bin + 1) * width, 3))) AS score,
  sum(is_now) / greatest(1, (SELECT countIf(is_now) FROM scores)) AS now,
  sum(NOT is_now) / greatest(1, (SELECT countIf(NOT is_now) FROM scores)) AS training
FROM (SELECT least(${SCORE_BINS - 1}, toInt32(floor((score - lowest) / width))) AS bin, is_now FROM scores)
GROUP BY bin
ORDER BY bin`),
          ],
        }),
        timeSeries({
          title: 'What the model answers',
          description:
            'Mean and standard deviation of the score and, for binary models, the share of positive decisions.',
          height: 9,
          queries: [
            series(
              `SELECT window_end AS time, concat(monitor, ': ', metric) AS series, value\nFROM ${RESULTS}\nWHERE ${IN_RANGE} AND kind = 'anomalies' AND metric IN ('score_mean', 'score_standard_deviation', 'positive_ratio')\nORDER BY time, series`,
            ),
          ],
          display: '${__field.labels.series}',
        }),
        timeSeries({
          title: 'Predictions',
          description: 'How many, by model version.',
          width: 24,
          stacked: true,
          min: 0,
          queries: [
            series(
              `SELECT $__timeInterval(event_time) AS time, concat(toString(model), ' ', toString(model_version)) AS series, count() AS predictions\n${SERVED}\nGROUP BY time, series\nORDER BY time, series`,
            ),
          ],
          display: '${__field.labels.series}',
        }),
      ],
    },
    {
      title: 'Quality',
      panels: [
        figureWithBounds(
          {
            title: 'Missing',
            description: 'Share of the predictions in which a field or feature was not there. Dashed: the bounds.',
            unit: 'percentunit',
            min: 0,
          },
          quality('missing_ratio'),
          'subject',
        ),
        figureWithBounds(
          {
            title: 'Out of range',
            description: 'Share of the values beyond what the expectations, or the rows of training, know.',
            unit: 'percentunit',
            min: 0,
          },
          quality('out_of_range_ratio'),
          'subject',
        ),
        figureWithBounds(
          {
            title: 'Unseen categories',
            description: 'Share of the values that the rows of training do not have.',
            unit: 'percentunit',
            min: 0,
          },
          quality('unseen_ratio'),
          'subject',
        ),
        figureWithBounds(
          {
            title: 'Flagged',
            description: 'Share of the predictions that violated an expectation and were let through with a flag.',
            unit: 'percentunit',
            min: 0,
          },
          quality('flagged_ratio'),
          'subject',
        ),
        figureWithBounds(
          {
            title: 'Repeated',
            description: 'Share of the predictions whose event was scored more than once.',
            unit: 'percentunit',
            min: 0,
          },
          quality('duplicate_ratio'),
          "if(subject = '', 'all', subject)",
        ),
        figureWithBounds(
          {
            title: 'Refused, by reason',
            description:
              'Share of the events that went to quarantine while the clock of the data went through the window.',
            unit: 'percentunit',
            min: 0,
          },
          quality('quarantine_ratio'),
          "if(subject = '', 'all', subject)",
        ),
        table({
          title: 'Quarantine',
          description:
            'Everything that was refused, whatever the range: these times are of the wall clock, for what cannot be read has no other. `eddyline quarantine list` shows each.',
          queries: [
            rows(
              `SELECT stage, reason, count() AS records, min(quarantined_at) AS first, max(quarantined_at) AS last, argMax(message, quarantined_at) AS last_message\nFROM \${pipeline}.quarantine\nGROUP BY stage, reason\nORDER BY records DESC, stage, reason`,
            ),
          ],
          overrides: [override('last_message', { displayName: 'last message' })],
        }),
      ],
    },
    {
      title: 'Pipeline and business, as the log tells',
      panels: [
        timeSeries({
          title: 'Latency',
          description: 'From an event’s publication to its score.',
          unit: 'ms',
          min: 0,
          queries: [
            series(
              `SELECT window_end AS time, concat(monitor, ': ', metric) AS series, value\nFROM ${RESULTS}\nWHERE ${IN_RANGE} AND kind = 'system' AND metric IN ('latency_p50_ms', 'latency_p99_ms')\nORDER BY time, series`,
            ),
          ],
          display: '${__field.labels.series}',
        }),
        timeSeries({
          title: 'Business metrics',
          description: 'Of the pipeline’s own SQL, by monitor and subject; empty where it has no such monitor.',
          queries: [
            series(
              `SELECT window_end AS time, concat(monitor, if(subject = '', '', concat(': ', subject))) AS series, value\nFROM ${RESULTS}\nWHERE ${IN_RANGE} AND kind = 'business'\nORDER BY time, series`,
            ),
          ],
          display: '${__field.labels.series}',
        }),
      ],
    },
  ],
};
