import type { Dashboard } from './dashboard.js';
import { alertsPanel, latestSql, pipelineVariable, withInterval } from './monitor-queries.js';

export const FAIRNESS: Dashboard = {
  uid: 'eddyline-fairness',
  title: 'Eddyline · fairness',
  description: 'Differences and ratios between the groups of protected columns. The time is that of the data.',
  source: 'clickhouse',
  from: 'now-24h',
  variables: [
    pipelineVariable(),
    {
      name: 'metric',
      label: 'Metric',
      query: "SELECT DISTINCT metric FROM ${pipeline}.monitor_results WHERE kind = 'fairness' ORDER BY metric",
    },
    {
      name: 'column',
      label: 'Protected column',
      query: "SELECT DISTINCT subject FROM ${pipeline}.monitor_results WHERE kind = 'fairness' ORDER BY subject",
    },
  ],
  rows: [
    {
      title: 'Between groups',
      height: 10,
      panels: [
        {
          title: '${metric} by ${column}',
          description: 'Dashed: the ends of the confidence interval.',
          kind: 'timeseries',
          bounds: '.*_(low|high)$',
          queries: [
            {
              text: withInterval(
                'fairness',
                "kind = 'fairness' AND metric = '${metric}' AND subject = '${column}' AND slice = ''",
              ),
            },
          ],
        },
        {
          title: 'All metrics of ${column}',
          kind: 'timeseries',
          queries: [
            {
              text:
                `SELECT window_end AS time, metric AS series, value\n` +
                `FROM \${pipeline}.monitor_results\n` +
                `WHERE $__timeFilter(window_end) AND kind = 'fairness' AND subject = '\${column}' AND slice = '' AND value IS NOT NULL\n` +
                `ORDER BY time, series`,
            },
          ],
        },
      ],
    },
    {
      title: 'Rows and intervals',
      panels: [
        {
          title: 'Rows that were compared',
          kind: 'timeseries',
          queries: [
            {
              text:
                `SELECT window_end AS time, subject AS series, max(rows) AS rows\n` +
                `FROM \${pipeline}.monitor_results\n` +
                `WHERE $__timeFilter(window_end) AND kind = 'fairness' GROUP BY time, series ORDER BY time, series`,
            },
          ],
        },
        { title: 'Last window of each', kind: 'table', queries: [{ text: latestSql('fairness') }] },
      ],
    },
    { title: 'Alerts', panels: [alertsPanel(['fairness'])] },
  ],
};
