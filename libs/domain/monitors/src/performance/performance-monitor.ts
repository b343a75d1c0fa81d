import { sqlString, type Measurement } from '#contracts';
import { evidenceSelect, examplesOf } from '../evidence.js';
import { outcomesIn, predictionsIn } from '../log-windows.js';
import { judgeFigure } from '../measurement.js';
import { metricNamesOf } from '../metric-names.js';
import type { CompiledMonitor, MonitorContext, MonitorFactory, QueryRow } from '../monitor.js';
import { countIn, numberIn, textIn } from '../query-row.js';
import type { PerformanceMetric, TaskMetrics } from './performance-metric.js';
import { slicing, type Slicing } from './slicing.js';
import { TASK_METRICS } from './task-metrics.js';

/** Slices of one column that are told: those with the most labels. */
const SLICES_PER_COLUMN = 20;
const SLICES_IN_EVIDENCE = 5;

/**
 * How good the predictions of a window were, by the labels that came back; overall, for each value of the columns that
 * the pipeline slices by, and for each model version where several served.
 *
 * The window lies `delayMs` back. It becomes due by the clock of the labels: when labels known at its end are there, those
 * of events `delayMs` older are too. A bound counts for a slice only when the whole interval lies beyond it: among many
 * small slices one is always bad by chance.
 */
export const performanceMonitor: MonitorFactory<'performance'> = (monitor, pipeline): CompiledMonitor => {
  const task = TASK_METRICS[pipeline.model.task];
  const named = [...monitor.metrics, ...monitor.rules.map(({ metric }) => metric)];
  const metrics = metricNamesOf('performance', pipeline.model.task).filter((metric) => named.includes(metric));
  const slices = slicing([...(pipeline.monitoring?.slices ?? []), 'model_version'], { overall: true });

  const query = (context: MonitorContext): string => {
    const shifted = back(context, monitor.delayMs);
    return performanceSelect(task, metrics, slices, {
      predictions: predictionsIn(pipeline, shifted),
      outcomes: outcomesIn(pipeline, shifted),
    });
  };

  const judge = (row: QueryRow, name: string, metric: PerformanceMetric, confidence: number): Measurement => {
    const slice = textIn(row, 'slice');
    const rows = countIn(row, 'rows');
    const predictions = countIn(row, 'predictions');
    // An event that was scored twice has one label.
    const coverage = predictions === 0 ? null : Math.min(1, rows / predictions);
    // What a join gives for a slice without labels is no figure.
    const value = rows === 0 ? null : numberIn(row, name);
    const rules = monitor.rules.filter((rule) => rule.metric === name && !rule.subject);
    // Bootstraps of many slices take their time: only where a bound asks for them.
    const isTold = slice === '' || rules.length > 0;
    const interval = value === null || !isTold ? null : metric.interval(value, row, confidence);
    const low = interval?.low ?? null;
    const high = interval?.high ?? null;
    const covered = (coverage ?? 0) >= monitor.minCoverage;
    const measurement = judgeFigure(
      { metric: name, slice, value, rows, coverage, low, high },
      { ...monitor, rules },
      {
        severity: slice === '' ? 'critical' : 'warning',
        enough: rows >= monitor.minRows && covered,
        counts:
          slice === '' ||
          rules.some(
            ({ above, below }) => (low ?? -Infinity) > (above ?? Infinity) || (high ?? Infinity) < (below ?? -Infinity),
          ),
      },
    );
    return covered || rows < monitor.minRows
      ? measurement
      : { ...measurement, explanation: `${told(name, slice)}: ${tooFewLabels(coverage, monitor.minCoverage)}` };
  };

  return {
    definition: monitor,
    clock: 'labels',
    query,
    judge: (rows) => {
      const all = rows.length === 0 ? [{ slice: '' }] : rows;
      const versions = all.filter((row) => textIn(row, 'sliced_by') === 'model_version').length;
      return {
        measurements: all
          .filter((row) => versions > 1 || textIn(row, 'sliced_by') !== 'model_version')
          .flatMap((row) => metrics.map((name) => judge(row, name, task.metrics[name]!, monitor.confidence))),
      };
    },
    evidenceQuery: ({ metric, slice }, context) => {
      const order = task.metrics[metric]!.higherIsBetter ? 'ASC' : 'DESC';
      const worstSlices =
        `SELECT slice, ${metric} AS value, rows FROM (${query(context)}) WHERE sliced_by NOT IN ('', 'model_version') ` +
        `AND rows >= ${monitor.minRows} AND isFinite(value) ORDER BY value ${order}, slice LIMIT ${SLICES_IN_EVIDENCE}`;
      const isInSlice = slice === '' ? '' : ` AND ${slices.textOf(slice)} = ${sqlString(slice)}`;
      return evidenceSelect({
        slices: worstSlices,
        examples: examplesOf(
          outcomesIn(pipeline, back(context, monitor.delayMs)),
          task.worst.orderBy,
          `${task.worst.where}${isInSlice}`,
        ),
      });
    },
  };
};

/** The same evaluation of events that much older; what was known stays what it was. */
export function back(context: MonitorContext, delayMs: number): MonitorContext {
  const { startMs, endMs } = context.window;
  return { ...context, window: { startMs: startMs - delayMs, endMs: endMs - delayMs } };
}

function performanceSelect(
  { labelledRows, where, metrics }: TaskMetrics,
  names: readonly string[],
  slices: Slicing,
  from: { readonly predictions: string; readonly outcomes: string },
): string {
  const columns = Object.assign({}, ...names.map((name) => metrics[name]!.columns)) as Readonly<Record<string, string>>;
  const told = Object.keys(columns);
  return `SELECT ${['slice', 'sliced_by', 'predictions', 'rows', ...told].join(', ')}
FROM (
  SELECT ${slices.labels}, count() AS predictions
  FROM (SELECT ${slices.keys} FROM ${from.predictions})
  GROUP BY ${slices.groupingSets}
) AS everything
LEFT JOIN (
  SELECT ${slices.labels}, count() AS rows,
    ${told.map((name) => `${columns[name]} AS ${name}`).join(',\n    ')}
  FROM (
    SELECT ${slices.keys}, ${Object.entries(labelledRows)
      .map(([name, expression]) => `${expression} AS ${name}`)
      .join(', ')}
    FROM ${from.outcomes}
    WHERE ${where}
  )
  GROUP BY ${slices.groupingSets}
) AS labelled USING (slice, sliced_by)
ORDER BY sliced_by, rows DESC, slice
LIMIT ${SLICES_PER_COLUMN} BY sliced_by`;
}

function told(metric: string, slice: string): string {
  return slice === '' ? metric : `${metric} where ${slice}`;
}

function tooFewLabels(coverage: number | null, wanted: number): string {
  const percent = (ratio: number) => `${Number((ratio * 100).toPrecision(3))} %`;
  return `${percent(coverage ?? 0)} of the predictions have labels, less than ${percent(wanted)}`;
}
