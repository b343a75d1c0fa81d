import type { Dashboard } from './dashboard.js';
import { alertsPanel, foundSql, latestSql, pipelineVariable, withInterval } from './monitor-queries.js';

export const MODEL_PERFORMANCE: Dashboard = {
  uid: 'eddyline-performance',
  title: 'Eddyline · model performance',
  description: 'What labels say of the model, and what is estimated until they come. The time is that of the data.',
  source: 'clickhouse',
  from: 'now-24h',
  variables: [
    pipelineVariable('outcomes_latest'),
    {
      name: 'metric',
      label: 'Metric',
      query:
        "SELECT DISTINCT metric FROM ${pipeline}.monitor_results WHERE kind IN ('performance', 'estimate') ORDER BY metric",
    },
  ],
  rows: [
    {
      title: 'Realised beside estimated',
      height: 10,
      panels: [
        {
          title: '${metric}, realised and estimated',
          description: 'Dashed: the ends of the confidence intervals. The estimate is there before the labels are.',
          kind: 'timeseries',
          bounds: '.*_(low|high)$',
          queries: [
            { text: withInterval('realised', "kind = 'performance' AND metric = '${metric}' AND slice = ''") },
            { text: withInterval('estimated', "kind = 'estimate' AND metric = '${metric}' AND slice = ''") },
          ],
        },
        {
          title: '${metric}, by slice',
          kind: 'timeseries',
          queries: [
            {
              text:
                `SELECT window_end AS time, slice AS series, value\n` +
                `FROM \${pipeline}.monitor_results\n` +
                `WHERE $__timeFilter(window_end) AND kind = 'performance' AND metric = '\${metric}' AND slice != '' AND value IS NOT NULL\n` +
                `ORDER BY time, series`,
            },
          ],
        },
      ],
    },
    {
      title: 'All metrics',
      panels: [
        { title: 'Realised', kind: 'timeseries', queries: [{ text: foundSql('performance') }] },
        { title: 'Estimated', kind: 'timeseries', queries: [{ text: foundSql('estimate') }] },
        {
          title: 'Calibration',
          description: 'Of the outcomes in the time that is shown: how often what was scored so was so.',
          kind: 'table',
          queries: [
            {
              text:
                `SELECT floor(score * 10) / 10 AS score_from, count() AS rows, avg(score) AS mean_score, avg(label) AS mean_label\n` +
                `FROM \${pipeline}.outcomes\n` +
                `WHERE $__timeFilter(event_time) AND role != 'shadow' GROUP BY score_from ORDER BY score_from`,
            },
          ],
        },
      ],
    },
    {
      title: 'Labels',
      panels: [
        {
          title: 'Coverage',
          description: 'Share of the predictions of a window that have labels.',
          kind: 'timeseries',
          unit: 'percentunit',
          min: 0,
          max: 1,
          queries: [{ text: foundSql('labels', ['coverage']) }],
        },
        {
          title: 'Delay',
          kind: 'timeseries',
          unit: 's',
          queries: [{ text: foundSql('labels', ['delay_p50_seconds', 'delay_p90_seconds', 'delay_p99_seconds']) }],
        },
        {
          title: 'Corrected, repeated, late, orphaned',
          kind: 'timeseries',
          unit: 'percentunit',
          min: 0,
          queries: [
            { text: foundSql('labels', ['correction_ratio', 'duplicate_ratio', 'late_ratio', 'orphan_ratio']) },
          ],
        },
      ],
    },
    {
      title: 'Concept and business',
      panels: [
        { title: 'Change of the concept', kind: 'timeseries', queries: [{ text: foundSql('concept') }] },
        {
          title: 'Business metrics',
          kind: 'timeseries',
          queries: [
            {
              text:
                `SELECT window_end AS time, trimRight(concat(monitor, ' ', subject)) AS series, value\n` +
                `FROM \${pipeline}.monitor_results\n` +
                `WHERE $__timeFilter(window_end) AND kind = 'business' AND value IS NOT NULL ORDER BY time, series`,
            },
          ],
        },
      ],
    },
    {
      title: 'Last window of each',
      panels: [{ title: 'Performance', kind: 'table', queries: [{ text: latestSql('performance') }] }],
    },
    { title: 'Alerts', panels: [alertsPanel(['performance', 'estimate', 'concept', 'labels', 'business'])] },
  ],
};
