import type { Dashboard, Panel } from './dashboard.js';
import {
  alertMarks,
  alerts,
  evaluated,
  figureWithBounds,
  IN_RANGE,
  lastFigures,
  monitorVariable,
  PIPELINE,
  RESULTS,
  resultsOf,
  series,
} from './monitor-queries.js';
import { timeSeries } from './panels.js';

const UID = 'eddyline-fairness';
const KINDS = ['fairness'];

const OF_ATTRIBUTE = resultsOf('fairness', 'monitor', 'subject = ${attribute:sqlstring}');
const METRICS = `${OF_ATTRIBUTE} AND slice = ''`;

/** A rate of each group, over time. */
function rateByGroup(title: string, description: string, rate: string): Panel {
  return timeSeries({
    title,
    description,
    width: 8,
    height: 9,
    unit: 'percentunit',
    min: 0,
    max: 1,
    queries: [
      series(
        `SELECT window_end AS time, slice AS series, value\nFROM ${RESULTS}\nWHERE ${IN_RANGE} AND ${OF_ATTRIBUTE} AND metric = '${rate}' AND slice IN (\${slice:sqlstring})\nORDER BY time, series`,
      ),
    ],
    display: '${__field.labels.series}',
  });
}

export const FAIRNESS: Dashboard = {
  uid: UID,
  title: 'Eddyline: fairness',
  description: 'Whether decisions treat the groups of a protected column alike. Times are those of the data.',
  datasource: 'clickhouse',
  from: 'now-7d',
  variables: [
    PIPELINE,
    monitorVariable('monitor', 'Fairness monitor', 'fairness'),
    {
      name: 'attribute',
      label: 'Attribute',
      description: 'The column whose groups are compared',
      query: {
        kind: 'clickhouse',
        sql: `SELECT DISTINCT subject FROM ${RESULTS} WHERE ${resultsOf('fairness', 'monitor')} AND subject != '' ORDER BY subject`,
      },
    },
    {
      name: 'slice',
      label: 'Groups',
      description: 'Of the attribute',
      query: {
        kind: 'clickhouse',
        sql: `SELECT DISTINCT slice FROM ${RESULTS} WHERE ${OF_ATTRIBUTE} AND slice != '' ORDER BY slice`,
      },
      multi: true,
    },
  ],
  annotations: alertMarks(KINDS),
  sections: [
    { title: 'Where the data lies', panels: [evaluated(UID), alerts(KINDS)] },
    {
      title: 'Between the groups of ${attribute}',
      panels: [
        figureWithBounds(
          {
            title: 'Differences',
            description: 'Between the highest and the lowest rate: 0 is alike. Dashed: the bounds.',
            min: 0,
          },
          `${METRICS} AND metric LIKE '%\\_difference'`,
          'metric',
        ),
        figureWithBounds(
          {
            title: 'Ratios',
            description:
              'Of the lowest rate to the highest: 1 is alike; 0.8 is the four-fifths rule. Dashed: the bounds.',
            min: 0,
          },
          `${METRICS} AND metric LIKE '%\\_ratio'`,
          'metric',
        ),
        lastFigures(
          {
            title: 'The last window',
            description:
              'With confidence intervals. A bound counts only where the groups differ significantly; groups too small to be compared are named.',
          },
          'metric, value, low, high, threshold AS bound, rows, verdict, explanation',
          METRICS,
        ),
      ],
    },
    {
      title: 'Groups of ${attribute}',
      panels: [
        rateByGroup('Selected', 'Share that was decided positive: what demographic parity compares.', 'selection_rate'),
        rateByGroup(
          'Selected of the positives',
          'True positive rate, by the labels: what equal opportunity compares, and equalised odds.',
          'true_positive_rate',
        ),
        rateByGroup(
          'Selected of the negatives',
          'False positive rate, by the labels: the other half of equalised odds.',
          'false_positive_rate',
        ),
        timeSeries({
          title: 'Group sizes',
          description: 'Predictions of each group in a window: small groups have rates by chance.',
          height: 9,
          min: 0,
          stacked: true,
          queries: [
            series(
              `SELECT window_end AS time, slice AS series, toFloat64(rows) AS predictions\nFROM ${RESULTS}\nWHERE ${IN_RANGE} AND ${OF_ATTRIBUTE} AND metric = 'selection_rate' AND slice IN (\${slice:sqlstring})\nORDER BY time, series`,
            ),
          ],
          display: '${__field.labels.series}',
        }),
        lastFigures(
          {
            title: 'The last window, group by group',
            description:
              'Rows: what a rate is of (predictions, positives, negatives). Too few rows: left out of the comparison.',
            width: 12,
            height: 9,
          },
          'slice, metric AS rate, value, rows, verdict',
          `${OF_ATTRIBUTE} AND slice IN (\${slice:sqlstring})`,
        ),
      ],
    },
  ],
};
