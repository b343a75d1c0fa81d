import { sqlString, topicOf } from '#contracts';
import { evidenceSelect, examplesOf, slicesOf } from '../evidence.js';
import { predictionsIn, quarantineIn } from '../log-windows.js';
import { judgeFigure, type Figure } from '../measurement.js';
import type { MonitorContext, MonitorFactory } from '../monitor.js';
import { countIn, numberIn, textIn } from '../query-row.js';

/** Slices of fewer rows are left out of the evidence: their quantiles are noise. */
const SMALLEST_SLICE = 30;
const LATENCY_MS = 'toUnixTimestamp64Milli(predicted_at) - toUnixTimestamp64Milli(published_at)';
/** Rows that were logged before the log knew when their event was published. */
const IS_TIMED = 'toUnixTimestamp64Milli(published_at) > 0';

/**
 * How the pipeline itself does, as the log tells it. CPU, memory and consumer lag are Prometheus'.
 *
 * - `latency_p50_ms`, `latency_p99_ms`: from the event's publication to its score, linearly between the ranks.
 * - `error_ratio`: events that inference refused, of all that it was given.
 * - `event_time_lag_seconds`, per partition of predictions: event time by which it trails the one that is furthest. One
 *   that had events once and none in the window trails by the window at least.
 * - `freshness_seconds`: event time from the newest event to the window's end.
 */
export const systemMonitor: MonitorFactory<'system'> = (monitor, pipeline) => {
  const refusedIn = (context: MonitorContext): string =>
    `(SELECT * FROM ${quarantineIn(pipeline, context)} WHERE topic = ${sqlString(topicOf(pipeline.name, 'validated'))})`;

  return {
    definition: monitor,
    clock: 'events',
    query(context) {
      const predictions = predictionsIn(pipeline, context);
      return `WITH latency AS (
  SELECT count() AS rows, quantilesExactInclusive(0.5, 0.99)(${LATENCY_MS}) AS quantiles FROM ${predictions} WHERE ${IS_TIMED}),
newest AS (
  SELECT toString(log_partition) AS subject, count() AS rows, max(toUnixTimestamp64Milli(event_time)) AS newest_ms
  FROM ${predictions} GROUP BY log_partition)
SELECT 'latency' AS figure, '' AS subject, rows, quantiles[1] AS p50, quantiles[2] AS p99, 0 AS refused, 0 AS newest_ms FROM latency
UNION ALL
SELECT 'errors', '', (SELECT count() FROM ${predictions}), nan, nan, count(), 0 FROM ${refusedIn(context)}
UNION ALL
SELECT 'newest', subject, rows, nan, nan, 0, newest_ms FROM newest`;
    },
    judge(rows, { window, cut }) {
      const of = (figure: string) => rows.filter((row) => textIn(row, 'figure') === figure);
      const latency = of('latency')[0];
      const errors = of('errors')[0];
      const timed = countIn(latency, 'rows');
      const refused = countIn(errors, 'refused');
      const scored = countIn(errors, 'rows');
      const partitions = of('newest').toSorted((a, b) => countIn(a, 'subject') - countIn(b, 'subject'));
      const newestMs = Math.max(...partitions.map((row) => countIn(row, 'newest_ms')));
      const quiet = cut.predictions
        .map((end, partition) => ({ end, subject: String(partition) }))
        .filter(({ end, subject }) => end > 0 && !partitions.some((row) => textIn(row, 'subject') === subject));
      const lag = (subject: string, count: number, atMs: number): Figure => ({
        metric: 'event_time_lag_seconds',
        subject,
        value: scored === 0 ? null : (newestMs - atMs) / 1_000,
        rows: count,
      });
      const judged = (figure: Figure, severity: 'warning' | 'critical', enough: boolean) =>
        judgeFigure(figure, monitor, { severity, enough });
      return {
        measurements: [
          ...(['p50', 'p99'] as const).map((quantile) =>
            judged(
              {
                metric: `latency_${quantile}_ms`,
                value: timed === 0 ? null : numberIn(latency, quantile),
                rows: timed,
              },
              'warning',
              timed >= monitor.minRows,
            ),
          ),
          judged(
            {
              metric: 'error_ratio',
              value: refused + scored === 0 ? null : refused / (refused + scored),
              rows: refused + scored,
            },
            'critical',
            refused + scored >= monitor.minRows,
          ),
          ...partitions.map((row) =>
            judged(
              lag(textIn(row, 'subject'), countIn(row, 'rows'), countIn(row, 'newest_ms')),
              'warning',
              scored >= monitor.minRows,
            ),
          ),
          ...quiet.map(({ subject }) => judged(lag(subject, 0, window.startMs), 'warning', scored >= monitor.minRows)),
          judged(
            {
              metric: 'freshness_seconds',
              value: scored === 0 ? null : (window.endMs - newestMs) / 1_000,
              rows: scored,
            },
            'warning',
            scored >= monitor.minRows,
          ),
        ],
      };
    },
    evidenceQuery({ metric, subject }, context) {
      const predictions = predictionsIn(pipeline, context);
      if (metric === 'error_ratio') {
        return evidenceSelect({
          slices: `SELECT concat('reason=', toString(reason)) AS slice, count() / sum(count()) OVER () AS value, count() AS rows FROM ${refusedIn(context)} GROUP BY reason ORDER BY rows DESC, slice LIMIT 5`,
        });
      }
      if (!metric.startsWith('latency')) {
        const where = subject === '' ? '1' : `log_partition = ${Number(subject)}`;
        return evidenceSelect({ examples: examplesOf(predictions, 'event_time DESC', where) });
      }
      const level = metric === 'latency_p99_ms' ? 0.99 : 0.5;
      const slices = slicesOf(
        pipeline.monitoring ?? { slices: [] },
        `(SELECT * FROM ${predictions} WHERE ${IS_TIMED})`,
        `quantileExactInclusive(${level})(${LATENCY_MS})`,
        { minRows: SMALLEST_SLICE },
      );
      return evidenceSelect({
        ...(slices === undefined ? {} : { slices }),
        examples: examplesOf(predictions, `${LATENCY_MS} DESC`, IS_TIMED),
      });
    },
  };
};
