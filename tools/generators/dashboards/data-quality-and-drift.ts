import type { Dashboard } from './dashboard.js';
import { alertsPanel, foundSql, latestSql, pipelineVariable } from './monitor-queries.js';

export const DATA_QUALITY_AND_DRIFT: Dashboard = {
  uid: 'eddyline-drift',
  title: 'Eddyline · data quality and drift',
  description: 'What the monitors found about events, features and scores. The time is that of the data.',
  source: 'clickhouse',
  from: 'now-24h',
  variables: [pipelineVariable()],
  rows: [
    {
      title: 'Drift',
      panels: [
        {
          title: 'Distance from the reference',
          description: 'One series per feature, and the score; held against training rows or the window before.',
          kind: 'timeseries',
          min: 0,
          queries: [{ text: foundSql('drift') }],
        },
        {
          title: 'Score',
          description: 'Quantiles of what was served.',
          kind: 'timeseries',
          queries: [
            {
              text:
                `SELECT $__timeInterval(event_time) AS time, quantile(0.05)(score) AS p5, quantile(0.5)(score) AS median,\n` +
                `  quantile(0.95)(score) AS p95, avg(score) AS mean\n` +
                `FROM \${pipeline}.predictions\n` +
                `WHERE $__timeFilter(event_time) AND role != 'shadow' GROUP BY time ORDER BY time`,
            },
          ],
        },
        {
          title: 'Predictions',
          kind: 'timeseries',
          queries: [
            {
              text:
                `SELECT $__timeInterval(event_time) AS time, concat('version ', model_version, ' ', role) AS series, count() AS rows\n` +
                `FROM \${pipeline}.predictions\n` +
                `WHERE $__timeFilter(event_time) GROUP BY time, series ORDER BY time, series`,
            },
          ],
        },
      ],
    },
    {
      title: 'Drift, last window of each',
      panels: [{ title: 'Drift', kind: 'table', queries: [{ text: latestSql('drift') }] }],
    },
    {
      title: 'Quality',
      panels: [
        {
          title: 'Missing',
          kind: 'timeseries',
          unit: 'percentunit',
          min: 0,
          queries: [{ text: foundSql('quality', ['missing_ratio']) }],
        },
        {
          title: 'Out of range, unseen, flagged',
          kind: 'timeseries',
          unit: 'percentunit',
          min: 0,
          queries: [{ text: foundSql('quality', ['out_of_range_ratio', 'unseen_ratio', 'flagged_ratio']) }],
        },
        {
          title: 'Refused and repeated',
          kind: 'timeseries',
          unit: 'percentunit',
          min: 0,
          queries: [{ text: foundSql('quality', ['quarantine_ratio', 'duplicate_ratio']) }],
        },
      ],
    },
    {
      title: 'Anomalies and the system itself',
      panels: [
        { title: 'Scores and rate', kind: 'timeseries', queries: [{ text: foundSql('anomalies') }] },
        {
          title: 'Latency of scoring',
          kind: 'timeseries',
          unit: 'ms',
          queries: [{ text: foundSql('system', ['latency_p50_ms', 'latency_p99_ms']) }],
        },
        {
          title: 'Freshness and lag',
          kind: 'timeseries',
          unit: 's',
          queries: [{ text: foundSql('system', ['event_time_lag_seconds', 'freshness_seconds']) }],
        },
      ],
    },
    { title: 'Alerts', panels: [alertsPanel(['quality', 'drift', 'anomalies', 'system'])] },
  ],
};
