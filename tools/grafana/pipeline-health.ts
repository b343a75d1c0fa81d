import type { Dashboard } from './dashboard.js';
import { DOORS_AND_PROCESSES } from './doors-and-processes.js';
import { stat, timeSeries } from './panels.js';
import { now, OF, quantile, quantiles, rate, series } from './prometheus-queries.js';

const STAGE_COLORS = [
  { from: null, color: 'red' },
  { from: 1, color: 'green' },
] as const;

export const PIPELINE_HEALTH: Dashboard = {
  uid: 'eddyline-health',
  title: 'Eddyline: pipeline health',
  description:
    'How the services do, by Prometheus: throughput, lag, latencies, refusals, the log, labels, monitors, processes.',
  datasource: 'prometheus',
  from: 'now-1h',
  refresh: '30s',
  variables: [
    {
      name: 'pipelines',
      label: 'Pipelines',
      description: 'By their names',
      query: { kind: 'prometheus', text: 'label_values(eddyline_stage_records_total, pipeline)' },
      multi: true,
    },
  ],
  annotations: [],
  sections: [
    {
      title: 'Now',
      panels: [
        stat({
          title: 'Services',
          description: 'How many instances of each service answer their scrape.',
          width: 10,
          queries: [
            now(
              '{{job}}',
              'sum by (job) (up{job=~"ingestion|validation|inference|monitoring|feedback|retraining|explanation"})',
            ),
          ],
          steps: STAGE_COLORS,
        }),
        stat({
          title: 'Alerts firing',
          description: 'About data and models, as the pipelines’ own monitors found them.',
          width: 6,
          queries: [now('{{severity}}', `sum by (severity) (eddyline_alerts_firing{${OF}})`)],
          steps: [
            { from: null, color: 'green' },
            { from: 1, color: 'orange' },
          ],
        }),
        stat({
          title: 'Behind',
          description: 'Records that wait on their topics, over all stages.',
          width: 4,
          queries: [now('records', `sum(eddyline_stage_lag{${OF}})`)],
        }),
        stat({
          title: 'Refused',
          description: 'Records per second that went to quarantine.',
          width: 4,
          unit: 'cps',
          queries: [
            now(
              'per second',
              `sum(rate(eddyline_stage_records_total{${OF}, outcome="quarantined"}[$__rate_interval])) or vector(0)`,
            ),
          ],
          steps: [
            { from: null, color: 'green' },
            { from: 1, color: 'orange' },
          ],
        }),
      ],
    },
    {
      title: 'Stages',
      panels: [
        timeSeries({
          title: 'Throughput',
          description:
            'Records that each stage is done with, per second. The slowest stage sets the pace of those after it.',
          unit: 'cps',
          min: 0,
          queries: [series('{{stage}}', rate('eddyline_stage_records_total', 'stage'))],
        }),
        timeSeries({
          title: 'Lag',
          description: 'Records on a stage’s topic that it has not consumed. Growing: it cannot keep up.',
          min: 0,
          queries: [series('{{stage}} · {{topic}}', `sum by (stage, topic) (eddyline_stage_lag{${OF}})`)],
        }),
        timeSeries({
          title: 'Age at the end of a stage',
          description: 'From an event’s publication to the end of the stage: latency end to end, stage by stage.',
          unit: 's',
          min: 0,
          queries: quantiles('eddyline_stage_record_age', 'stage'),
        }),
        timeSeries({
          title: 'A batch takes',
          description: 'From a batch being handed over to its outputs and offsets being durable.',
          unit: 's',
          min: 0,
          queries: quantiles('messaging_process_duration', 'stage'),
        }),
        timeSeries({
          title: 'Batch size',
          description: 'Records handed to a stage at once. It grows when a stage is behind.',
          min: 0,
          queries: quantiles('eddyline_stage_batch_size', 'stage'),
        }),
        timeSeries({
          title: 'Waits and rebalances',
          description:
            'Times a partition was paused for what was away or for a failed transaction, by code, and group joins; in five minutes.',
          min: 0,
          queries: [
            series(
              '{{stage}} waits: {{code}}',
              `sum by (stage, code) (increase(eddyline_stage_waits_total{${OF}}[5m]))`,
            ),
            series('{{stage}} joins', `sum by (stage) (increase(eddyline_stage_rebalances_total{${OF}}[5m]))`),
          ],
        }),
        timeSeries({
          title: 'Refused by reason',
          description: 'Records that went to quarantine, per second.',
          unit: 'cps',
          min: 0,
          stacked: true,
          queries: [
            series(
              '{{stage}} · {{reason}}',
              rate('eddyline_stage_records_total', 'stage, reason', `${OF}, outcome="quarantined"`),
            ),
          ],
        }),
        timeSeries({
          title: 'Through the door',
          description: 'Events that came over HTTP, per second, by what became of them.',
          unit: 'cps',
          min: 0,
          queries: [series('{{outcome}} {{reason}}', rate('eddyline_ingestion_events_total', 'outcome, reason'))],
        }),
      ],
    },
    {
      title: 'Models',
      panels: [
        timeSeries({
          title: 'Scored by version',
          description:
            'Rows given to each model version, per second. A promotion shows as one line taking over from another.',
          unit: 'cps',
          min: 0,
          stacked: true,
          width: 8,
          queries: [series('{{pipeline}} {{version}}', rate('eddyline_inference_scored_total', 'pipeline, version'))],
        }),
        timeSeries({
          title: 'Time in the model',
          description: 'Per batch or request.',
          unit: 's',
          min: 0,
          width: 8,
          queries: quantiles('eddyline_inference_model_duration', 'pipeline'),
        }),
        timeSeries({
          title: 'Model loads',
          description: 'Attempts in five minutes: loaded, waiting (the store is away) or refused.',
          min: 0,
          width: 8,
          queries: [
            series(
              '{{pipeline}} {{outcome}}',
              `sum by (pipeline, outcome) (increase(eddyline_inference_model_loads_total{${OF}}[5m]))`,
            ),
          ],
        }),
      ],
    },
    {
      title: 'Log',
      panels: [
        timeSeries({
          title: 'Rows written',
          description: 'Rows per second that became durable in ClickHouse, by table.',
          unit: 'cps',
          min: 0,
          queries: [series('{{pipeline}}.{{table}}', rate('eddyline_log_rows_total', 'pipeline, table'))],
        }),
        timeSeries({
          title: 'An insert takes',
          description: 'Until it is durable, or has failed.',
          unit: 's',
          min: 0,
          queries: quantiles('eddyline_log_insert_duration', 'table, outcome'),
        }),
        timeSeries({
          title: 'Inserts that failed',
          description: 'Per second. They are tried again; meanwhile the log is behind and nothing is lost.',
          unit: 'cps',
          min: 0,
          queries: [
            series(
              '{{pipeline}}.{{table}}',
              rate('eddyline_log_insert_duration_count', 'pipeline, table', `${OF}, outcome="failed"`),
            ),
          ],
        }),
        timeSeries({
          title: 'Age of a row',
          description:
            'From the scoring, or refusal, of an event to its row being durable: how far analysts are behind.',
          unit: 's',
          min: 0,
          queries: quantiles('eddyline_log_age', 'table'),
        }),
      ],
    },
    {
      title: 'Labels',
      panels: [
        timeSeries({
          title: 'What became of labels',
          description:
            'Per second: joined, waiting for their prediction (counted at every look), orphaned (given up), refused (cannot be read).',
          unit: 'cps',
          min: 0,
          queries: [
            series('{{outcome}}', rate('eddyline_feedback_labels_total', 'outcome')),
            series('late', `sum(rate(eddyline_feedback_labels_late_total{${OF}}[$__rate_interval]))`),
          ],
        }),
        timeSeries({
          title: 'Delay of labels',
          description: 'From an event to its label becoming known, in the time of the data.',
          unit: 's',
          min: 0,
          queries: quantiles('eddyline_feedback_label_delay', 'pipeline'),
        }),
        timeSeries({
          title: 'Looking predictions up',
          description:
            'Time for the predictions of one batch of labels to be found in the log, or for the attempt to fail.',
          unit: 's',
          min: 0,
          queries: quantiles('eddyline_feedback_lookup_duration', 'outcome'),
        }),
        timeSeries({
          title: 'Labels over HTTP',
          description: 'Per second, by what became of them.',
          unit: 'cps',
          min: 0,
          queries: [series('{{outcome}} {{reason}}', rate('eddyline_feedback_published_total', 'outcome, reason'))],
        }),
      ],
    },
    {
      title: 'Monitors and alerts',
      panels: [
        timeSeries({
          title: 'Evaluations behind the data',
          description:
            'Event time by which evaluations trail the clock of the pipeline, of the monitor that trails most.',
          unit: 's',
          min: 0,
          width: 8,
          queries: [series('{{pipeline}}', `max by (pipeline) (eddyline_monitor_lag{${OF}})`)],
        }),
        timeSeries({
          title: 'Clock behind the wall',
          description:
            'Wall clock minus the event time that a pipeline has reached: years for a stream that is replayed.',
          unit: 's',
          width: 8,
          queries: [series('{{pipeline}}', `time() - max by (pipeline) (eddyline_monitor_clock{${OF}})`)],
        }),
        timeSeries({
          title: 'Evaluations',
          description: 'Windows in five minutes; failed: ClickHouse refused the query of the monitor.',
          min: 0,
          width: 8,
          queries: [
            series(
              '{{monitor}} {{outcome}}',
              `sum by (monitor, outcome) (increase(eddyline_monitor_evaluations_total{${OF}}[5m]))`,
            ),
          ],
        }),
        timeSeries({
          title: 'A monitor’s query takes',
          description: 'In ClickHouse, for one window.',
          unit: 's',
          min: 0,
          width: 8,
          queries: [series('{{monitor}} p99', quantile(0.99, 'eddyline_monitor_query_duration', 'monitor'))],
        }),
        timeSeries({
          title: 'Alerts',
          description: 'Firing now, and their changes in five minutes.',
          min: 0,
          width: 8,
          queries: [
            series('{{pipeline}} {{severity}} firing', `sum by (pipeline, severity) (eddyline_alerts_firing{${OF}})`),
            series(
              '{{pipeline}} {{severity}} → {{state}}',
              `sum by (pipeline, severity, state) (increase(eddyline_alert_changes_total{${OF}}[5m]))`,
            ),
          ],
        }),
        timeSeries({
          title: 'Telling receivers',
          description: 'Deliveries in five minutes by what became of them, and receivers that do not answer (1).',
          min: 0,
          width: 8,
          queries: [
            series(
              '{{receiver}} {{outcome}}',
              `sum by (receiver, outcome) (increase(eddyline_alert_deliveries_total{${OF}}[5m]))`,
            ),
            series('{{receiver}} is away', 'max by (receiver) (eddyline_alert_receiver_away)'),
          ],
        }),
      ],
    },
    ...DOORS_AND_PROCESSES,
  ],
};
