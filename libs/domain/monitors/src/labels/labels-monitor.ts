import { databaseOf, sqlIdentifier, type Measurement, type PipelineDefinition } from '#contracts';
import { evidenceSelect, examplesOf } from '../evidence.js';
import { cameBetween, instant, known, outcomesIn, predictionsIn, quarantineIn } from '../log-windows.js';
import { judgeFigure } from '../measurement.js';
import type { CompiledMonitor, MonitorContext, MonitorFactory, QueryRow } from '../monitor.js';
import { back } from '../performance/performance-monitor.js';
import { countIn, numberIn } from '../query-row.js';

/** A metric is a column of the query; its rows are another. */
const METRICS: Readonly<Record<string, { readonly rows: string }>> = {
  coverage: { rows: 'predictions' },
  received: { rows: 'received' },
  delay_p50_seconds: { rows: 'newly_labelled' },
  delay_p90_seconds: { rows: 'newly_labelled' },
  delay_p99_seconds: { rows: 'newly_labelled' },
  duplicate_ratio: { rows: 'received' },
  correction_ratio: { rows: 'received' },
  late_ratio: { rows: 'received' },
  orphan_ratio: { rows: 'received_or_orphaned' },
};

/**
 * How labels come back. All but the coverage is about the labels that came to the log while the clock went through the
 * window, whatever events they are about: how long after its event the first label of an event became known, which ones
 * said again what was known (`duplicate_ratio`) or something else (`correction_ratio`), which came later than the pipeline
 * waits (`late_ratio`), and which found no prediction (`orphan_ratio`, of all that came).
 *
 * Coverage is of the predictions that lie as far back as the pipeline waits for labels (`label.within`): their labels are
 * there, or late. That labels stay away altogether, `received` tells sooner.
 */
export const labelsMonitor: MonitorFactory<'labels'> = (monitor, pipeline): CompiledMonitor => {
  const { label } = pipeline;
  if (label === undefined) {
    throw new Error(
      `the monitor ${monitor.name} needs labels, and the pipeline ${pipeline.name} has none: leave it out`,
    );
  }
  const query = (context: MonitorContext): string => {
    const settled = back(context, label.withinMs);
    return `SELECT *, labelled / predictions AS coverage, duplicates / received AS duplicate_ratio,
  corrections / received AS correction_ratio, late / received AS late_ratio,
  received + orphans AS received_or_orphaned, orphans / received_or_orphaned AS orphan_ratio,
  delays[1] AS delay_p50_seconds, delays[2] AS delay_p90_seconds, delays[3] AS delay_p99_seconds
FROM (SELECT count() AS predictions FROM ${predictionsIn(pipeline, settled)}) AS scored
CROSS JOIN (SELECT count() AS labelled FROM ${outcomesIn(pipeline, settled)}) AS covered
CROSS JOIN (SELECT count() AS orphans FROM ${quarantineIn(pipeline, context)} WHERE reason = 'orphan_label') AS orphaned
CROSS JOIN (
  SELECT toUInt64(sum(records_known - records_before)) AS received,
    countIf(records_before = 0) AS newly_labelled,
    toUInt64(sum(length(arrayDistinct(ranks)) - length(arrayDistinct(ranks_before)))) AS new_labels,
    received - new_labels AS duplicates,
    new_labels - newly_labelled AS corrections,
    toUInt64(sum(late_records)) AS late,
    quantilesExactInclusiveIf(0.5, 0.9, 0.99)(delay_seconds, records_before = 0) AS delays
  FROM ${labelledEvents(pipeline, context)}
) AS came`;
  };

  const judge = (metric: string, row: QueryRow | undefined): Measurement => {
    const rows = countIn(row, METRICS[metric]!.rows);
    const isCount = metric === 'received';
    const value = isCount ? rows : rows === 0 ? null : numberIn(row, metric);
    // That nothing came is a figure too.
    return judgeFigure({ metric, value, rows }, monitor, { severity: 'warning', ...(isCount ? { enough: true } : {}) });
  };

  return {
    definition: monitor,
    clock: 'events',
    query,
    judge: (rows) => ({ measurements: Object.keys(METRICS).map((metric) => judge(metric, rows[0])) }),
    evidenceQuery: ({ metric }, context) => {
      const order = EXAMPLES[metric];
      if (order === undefined) return null;
      const table = `${sqlIdentifier(databaseOf(pipeline.name))}.outcome_revisions`;
      return evidenceSelect({
        examples: examplesOf(`(SELECT * FROM ${table} WHERE ${came(context)})`, order),
      });
    },
  };
};

/** What to look at first, of the labels that came. */
const EXAMPLES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['delay_p50_seconds', 'delay_p90_seconds', 'delay_p99_seconds', 'late_ratio'].map((metric) => [
      metric,
      'label_time - event_time DESC',
    ]),
  ),
  duplicate_ratio: 'count() OVER (PARTITION BY event_time, event_id, label_rank) DESC',
  correction_ratio: 'label_revision DESC',
};

/** Labels that came while the clock went through the window. */
function came({ cut, cutBefore, window }: MonitorContext): string {
  // Before the first tick nobody knows what was there: of a log that is older, not everything came just now.
  return cutBefore === null
    ? `event_time >= ${instant(window.startMs)} AND ${cameBetween([], cut.outcomes)}`
    : cameBetween(cutBefore.outcomes, cut.outcomes);
}

/** The events that a label came for, with all of their labels that are known. */
function labelledEvents(pipeline: PipelineDefinition, context: MonitorContext): string {
  const table = `${sqlIdentifier(databaseOf(pipeline.name))}.outcome_revisions`;
  const before = known('outcome_partition', 'outcome_offset', context.cutBefore?.outcomes ?? []);
  // Found by the sorting key. PREWHERE, for else the set is estimated by statistics, which costs more than reading.
  return `(
    SELECT event_time, event_id, count() AS records_known, countIf(was_known) AS records_before,
      groupArray(label_rank) AS ranks, groupArrayIf(label_rank, was_known) AS ranks_before,
      countIf(label_late AND NOT was_known) AS late_records,
      (toUnixTimestamp64Milli(min(label_time)) - toUnixTimestamp64Milli(event_time)) / 1000 AS delay_seconds
    FROM (
      SELECT event_time, event_id, label_rank, label_time, label_late, ${before} AS was_known
      FROM ${table}
      PREWHERE event_time IN (SELECT event_time FROM ${table} WHERE ${came(context)})
      WHERE ${known('outcome_partition', 'outcome_offset', context.cut.outcomes)}
    )
    GROUP BY event_time, event_id
    HAVING records_known > records_before
  )`;
}
