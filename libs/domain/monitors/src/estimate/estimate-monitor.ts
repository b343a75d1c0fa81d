import { sqlString } from '#contracts';
import { evidenceSelect, examplesOf, slicesOf } from '../evidence.js';
import { outcomesIn, predictionsIn } from '../log-windows.js';
import { judgeFigure } from '../measurement.js';
import type { CompiledMonitor, MonitorContext, MonitorFactory, QueryRow } from '../monitor.js';
import { TASK_METRICS } from '../performance/task-metrics.js';
import { countIn, numberIn } from '../query-row.js';
import { calibratedSql } from './calibration-sql.js';
import { EXPECTED_METRICS } from './expected-metrics.js';

/** Labels of at least this share of the window have to be there for the realised figure: those that come first are no sample. */
const REALISED_COVERAGE = 0.9;

/**
 * How good the predictions of a window are to be expected to be, before their labels come: each row counts as positive
 * with the probability that its score stands for by the calibration of its model (confidence-based performance
 * estimation). It sees what moves the scores; not that labels follow from them in another way than they did.
 *
 * `referenceValue` is the realised figure of the same rows, once nearly all of their labels are there. Most of the time
 * they are not when the window is due: a chart of both takes the realised line from the monitor `performance`, whose
 * windows lie `delayMs` back, and moves it that far to the left.
 */
export const estimateMonitor: MonitorFactory<'estimate'> = (monitor, pipeline): CompiledMonitor => {
  const expected = EXPECTED_METRICS[pipeline.model.task];
  const named = [...monitor.metrics, ...monitor.rules.map(({ metric }) => metric)];
  const metrics = Object.keys(expected).filter((metric) => named.includes(metric));
  const realised = TASK_METRICS[pipeline.model.task];

  /** Rows of the model whose calibration is known: another's scores mean something else. */
  const ofModel = ({ model }: MonitorContext): string =>
    `isFinite(score)${model === null ? '' : ` AND model_version = ${sqlString(model.version)}`}`;
  const rowsIn = (context: MonitorContext): string =>
    `(SELECT *, ${calibratedSql('score', context.model?.calibration ?? null)} AS expected_label, ` +
    `decision = 'positive' AS decided_positive FROM ${predictionsIn(pipeline, context)} WHERE ${ofModel(context)})`;

  const realisedSelect = (context: MonitorContext): string => {
    const columns = Object.assign({}, ...metrics.map((metric) => realised.metrics[metric]!.columns)) as Record<
      string,
      string
    >;
    const rows = Object.entries(realised.labelledRows).map(([name, expression]) => `${expression} AS ${name}`);
    return `SELECT rows AS realised_rows, ${metrics.map((metric) => `${metric} AS realised_${metric}`).join(', ')}
  FROM (
    SELECT count() AS rows, ${Object.entries(columns)
      .map(([name, expression]) => `${expression} AS ${name}`)
      .join(', ')}
    FROM (SELECT ${rows.join(', ')} FROM ${outcomesIn(pipeline, context)} WHERE ${ofModel(context)} AND ${realised.where})
  )`;
  };

  const judgeMetric = (name: string, row: QueryRow | undefined) => {
    const metric = expected[name]!;
    const rows = countIn(row, 'rows');
    const value = rows === 0 ? null : numberIn(row, name);
    const labelled = countIn(row, 'realised_rows');
    const coverage = pipeline.label === undefined || rows === 0 ? null : Math.min(1, labelled / rows);
    const isRealised = coverage !== null && coverage >= REALISED_COVERAGE && labelled >= monitor.minRows;
    const interval = value === null || row === undefined ? null : metric.interval(value, row);
    return judgeFigure(
      {
        metric: name,
        value,
        rows,
        coverage,
        low: interval?.low ?? null,
        high: interval?.high ?? null,
        referenceValue: isRealised ? numberIn(row, `realised_${name}`) : null,
        referenceRows: isRealised ? labelled : null,
      },
      monitor,
      { severity: 'critical', name: `estimated ${name}` },
    );
  };

  return {
    definition: monitor,
    clock: 'events',
    query: (context) => {
      const sums = Object.assign({}, ...metrics.map((metric) => expected[metric]!.sums)) as Record<string, string>;
      const columns = [
        'count() AS rows',
        ...metrics.map((metric) => `${expected[metric]!.value} AS ${metric}`),
        ...Object.entries(sums).map(([name, sum]) => `${sum} AS ${name}`),
      ];
      const estimated = `SELECT ${columns.join(',\n    ')}\n  FROM ${rowsIn(context)}`;
      if (pipeline.label === undefined || metrics.length === 0) return estimated;
      return `SELECT *\nFROM (\n  ${estimated}\n) AS estimated\nCROSS JOIN (\n  ${realisedSelect(context)}\n) AS realised`;
    },
    judge: (rows) => ({ measurements: metrics.map((metric) => judgeMetric(metric, rows[0])) }),
    evidenceQuery: ({ metric }, context) => {
      const { value, higherIsBetter } = expected[metric]!;
      const { slices = [] } = pipeline.monitoring ?? {};
      const worst = slicesOf({ slices }, rowsIn(context), value, {
        minRows: monitor.minRows,
        lowestFirst: higherIsBetter,
      });
      return evidenceSelect({
        ...(worst === undefined ? {} : { slices: worst }),
        examples: examplesOf(rowsIn(context), 'abs(expected_label - 0.5)'),
      });
    },
  };
};
