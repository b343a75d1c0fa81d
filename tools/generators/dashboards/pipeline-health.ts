import type { Dashboard } from './dashboard.js';

const P = 'pipeline=~"$pipeline"';

export const PIPELINE_HEALTH: Dashboard = {
  uid: 'eddyline-health',
  title: 'Eddyline · pipeline health',
  description: 'The services and their stages, as Prometheus sees them. Wall clock.',
  source: 'prometheus',
  from: 'now-1h',
  variables: [
    { name: 'pipeline', label: 'Pipeline', query: 'label_values(eddyline_stage_records_total, pipeline)', all: true },
  ],
  rows: [
    {
      title: 'At a glance',
      height: 4,
      panels: [
        { title: 'Services that answer', kind: 'stat', queries: [{ text: 'sum by (job) (up)', legend: '{{job}}' }] },
        {
          title: 'Critical alerts that fire',
          kind: 'stat',
          queries: [{ text: `sum(eddyline_alerts_firing{${P}, severity="critical"})`, legend: 'critical' }],
        },
        {
          title: 'Records behind',
          kind: 'stat',
          queries: [{ text: `sum by (stage) (eddyline_stage_lag{${P}})`, legend: '{{stage}}' }],
        },
        {
          title: 'Receivers of alerts that are away',
          kind: 'stat',
          queries: [{ text: 'sum(eddyline_alert_receiver_away)', legend: 'away' }],
        },
      ],
    },
    {
      title: 'Events',
      panels: [
        {
          title: 'Records by what became of them',
          kind: 'timeseries',
          unit: 'cps',
          queries: [
            {
              text: `sum by (stage, outcome) (rate(eddyline_stage_records_total{${P}}[5m]))`,
              legend: '{{stage}} {{outcome}}',
            },
          ],
        },
        {
          title: 'Age at the end of each stage',
          description: 'From the publication of an event to the end of the stage.',
          kind: 'timeseries',
          unit: 's',
          queries: ['0.5', '0.99'].map((q) => ({
            text: `histogram_quantile(${q}, sum by (stage, le) (rate(eddyline_stage_record_age_seconds_bucket{${P}}[5m])))`,
            legend: `{{stage}} p${Number(q) * 100}`,
          })),
        },
        {
          title: 'Records not yet consumed',
          kind: 'timeseries',
          queries: [{ text: `sum by (stage, topic) (eddyline_stage_lag{${P}})`, legend: '{{stage}} {{topic}}' }],
        },
      ],
    },
    {
      title: 'Trouble',
      panels: [
        {
          title: 'Refused, as a share of all',
          kind: 'timeseries',
          unit: 'percentunit',
          min: 0,
          queries: [
            {
              text:
                `sum by (stage) (rate(eddyline_stage_records_total{${P}, outcome="quarantined"}[5m]))` +
                ` / sum by (stage) (rate(eddyline_stage_records_total{${P}}[5m]))`,
              legend: '{{stage}}',
            },
          ],
        },
        {
          title: 'Waits for weather',
          kind: 'timeseries',
          queries: [
            {
              text: `sum by (stage, code) (increase(eddyline_stage_waits_total{${P}}[5m]))`,
              legend: '{{stage}} {{code}}',
            },
          ],
        },
        {
          title: 'Answers over HTTP',
          kind: 'timeseries',
          unit: 'reqps',
          queries: [
            {
              text: 'sum by (job, http_response_status_code) (rate(http_server_request_duration_seconds_count[5m]))',
              legend: '{{job}} {{http_response_status_code}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Model and log',
      panels: [
        {
          title: 'Time in the model, 99 %',
          kind: 'timeseries',
          unit: 's',
          queries: [
            {
              text: `histogram_quantile(0.99, sum by (pipeline, le) (rate(eddyline_inference_model_duration_seconds_bucket{${P}}[5m])))`,
              legend: '{{pipeline}}',
            },
          ],
        },
        {
          title: 'Rows scored, by version',
          kind: 'timeseries',
          unit: 'cps',
          queries: [
            {
              text: `sum by (pipeline, version) (rate(eddyline_inference_scored_total{${P}}[5m]))`,
              legend: '{{pipeline}} {{version}}',
            },
          ],
        },
        {
          title: 'Inserts into the log, 99 %',
          kind: 'timeseries',
          unit: 's',
          queries: [
            {
              text: `histogram_quantile(0.99, sum by (table, le) (rate(eddyline_log_insert_duration_seconds_bucket{${P}}[5m])))`,
              legend: '{{table}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Monitors, labels and alerts',
      panels: [
        {
          title: 'Event time by which evaluations trail',
          kind: 'timeseries',
          unit: 's',
          queries: [{ text: `eddyline_monitor_lag_seconds{${P}}`, legend: '{{pipeline}}' }],
        },
        {
          title: 'Queries of monitors, 99 %',
          kind: 'timeseries',
          unit: 's',
          queries: [
            {
              text: `histogram_quantile(0.99, sum by (monitor, le) (rate(eddyline_monitor_query_duration_seconds_bucket{${P}}[15m])))`,
              legend: '{{monitor}}',
            },
          ],
        },
        {
          title: 'Labels by what became of them',
          kind: 'timeseries',
          unit: 'cps',
          queries: [
            { text: `sum by (outcome) (rate(eddyline_feedback_labels_total{${P}}[5m]))`, legend: '{{outcome}}' },
          ],
        },
        {
          title: 'Alerts told',
          kind: 'timeseries',
          queries: [
            {
              text: `sum by (receiver, outcome) (increase(eddyline_alert_deliveries_total{${P}}[15m]))`,
              legend: '{{receiver}} {{outcome}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Processes',
      panels: [
        {
          title: 'CPU',
          kind: 'timeseries',
          unit: 'percentunit',
          queries: [
            {
              text: 'sum by (job, instance) (rate(process_cpu_time_seconds_total[5m]))',
              legend: '{{job}} {{instance}}',
            },
          ],
        },
        {
          title: 'Resident memory',
          kind: 'timeseries',
          unit: 'bytes',
          queries: [{ text: 'process_memory_usage_bytes', legend: '{{job}} {{instance}}' }],
        },
        {
          title: 'How late the event loop is, 99 %',
          kind: 'timeseries',
          unit: 's',
          queries: [{ text: 'nodejs_eventloop_delay_seconds{statistic="p99"}', legend: '{{job}} {{instance}}' }],
        },
      ],
    },
  ],
};
