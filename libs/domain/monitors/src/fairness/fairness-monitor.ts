import { sqlString, type Measurement } from '#contracts';
import { evidenceSelect, examplesOf } from '../evidence.js';
import { outcomesIn, predictionsIn } from '../log-windows.js';
import { judgeFigure } from '../measurement.js';
import { metricNamesOf } from '../metric-names.js';
import type { CompiledMonitor, MonitorContext, MonitorFactory, QueryRow } from '../monitor.js';
import { back } from '../performance/performance-monitor.js';
import { slicing } from '../performance/slicing.js';
import { countIn, textIn } from '../query-row.js';
import { compareGroups, type Comparison, type GroupRate } from './compare-groups.js';

/** Groups of one column that are looked at: the largest. */
const GROUPS_PER_COLUMN = 200;
const GROUPS_IN_EVIDENCE = 5;
const GROUPS_NAMED = 5;

type Rate = 'selection_rate' | 'true_positive_rate' | 'false_positive_rate';

/** Columns of the query with what a rate counts and what of. */
const RATES: Readonly<Record<Rate, { readonly hits: string; readonly rows: string }>> = {
  selection_rate: { hits: 'selected', rows: 'predictions' },
  true_positive_rate: { hits: 'true_positives', rows: 'positives' },
  false_positive_rate: { hits: 'false_positives', rows: 'negatives' },
};

/** Metrics by the rates that they compare; of two, the one that lies further apart decides (Fairlearn's `worst_case`). */
const METRICS: Readonly<Record<string, readonly Rate[]>> = {
  demographic_parity: ['selection_rate'],
  equalized_odds: ['true_positive_rate', 'false_positive_rate'],
  equal_opportunity: ['true_positive_rate'],
};

/**
 * Whether decisions treat the groups of a protected column alike: Fairlearn's metrics, between groups. Demographic parity
 * is of all predictions and needs no labels: where nothing else is asked for, the monitor goes by the clock of the events.
 * A bound counts only when the groups differ significantly.
 *
 * A group takes part in a rate with at least `minGroup` rows of what the rate is of: equal opportunity compares
 * positives. The query gives each group's rates, which are recorded too, with the group as their slice.
 */
export const fairnessMonitor: MonitorFactory<'fairness'> = (monitor, pipeline): CompiledMonitor => {
  const named = [...monitor.metrics, ...monitor.rules.map(({ metric }) => metric)];
  const metrics = metricNamesOf('fairness', pipeline.model.task).filter((metric) => named.includes(metric));
  const rates = (Object.keys(RATES) as Rate[]).filter((rate) =>
    metrics.some((metric) => ratesOf(metric).includes(rate)),
  );
  const needsLabels = rates.some((rate) => rate !== 'selection_rate');
  const groups = slicing(monitor.by, { overall: false });
  const windowOf = (context: MonitorContext): MonitorContext => back(context, monitor.delayMs);

  const query = (context: MonitorContext): string => {
    const decided = `SELECT ${groups.labels}, count() AS predictions, countIf(positive) AS selected
  FROM (SELECT ${groups.keys}, decision = 'positive' AS positive FROM ${predictionsIn(pipeline, windowOf(context))})
  GROUP BY ${groups.groupingSets}`;
    const labelled = `SELECT ${groups.labels}, countIf(y) AS positives, countIf(NOT y) AS negatives,
    countIf(positive AND y) AS true_positives, countIf(positive AND NOT y) AS false_positives
  FROM (
    SELECT ${groups.keys}, decision = 'positive' AS positive, label = 1 AS y
    FROM ${outcomesIn(pipeline, windowOf(context))}
  )
  GROUP BY ${groups.groupingSets}`;
    const counts = rates.flatMap((rate) => [RATES[rate].rows, RATES[rate].hits]);
    const values = rates.map((rate) => `${RATES[rate].hits} / ${RATES[rate].rows} AS ${rate}`);
    return `SELECT ${['slice', 'sliced_by', ...new Set(['predictions', ...counts]), ...values].join(', ')}
FROM (
  ${decided}
) AS decided${needsLabels ? `\nLEFT JOIN (\n  ${labelled}\n) AS labelled USING (slice, sliced_by)` : ''}
ORDER BY sliced_by, predictions DESC, slice
LIMIT ${GROUPS_PER_COLUMN} BY sliced_by`;
  };

  const compareColumn = (column: string, rows: readonly QueryRow[]): Measurement[] => {
    const ofColumn = rows.filter((row) => textIn(row, 'sliced_by') === column);
    const compared = new Map(
      rates.map((rate) => {
        const all = ofColumn.map((row) => groupRate(row, rate));
        const enough = all.filter((one) => one.rows >= monitor.minGroup);
        return [rate, { all, enough, comparison: compareGroups(enough, monitor.confidence) }] as const;
      }),
    );
    return metrics.map((metric) => {
      const asked = ratesOf(metric);
      const isRatio = metric.endsWith('_ratio');
      const figures = asked.flatMap((rate) => {
        const { comparison } = compared.get(rate)!;
        return comparison === null ? [] : [figureOf(comparison, isRatio)];
      });
      const worst = figures
        .filter(({ value }) => value !== null)
        .toSorted((a, b) => (isRatio ? a.value! - b.value! : b.value! - a.value!))[0];
      const groupsCompared = Math.min(...asked.map((rate) => compared.get(rate)!.enough.length));
      const total = asked.reduce((sum, rate) => sum + sumOf(compared.get(rate)!.all), 0);
      const measurement = judgeFigure(
        {
          metric,
          subject: column,
          value: worst?.value ?? null,
          low: worst?.low ?? null,
          high: worst?.high ?? null,
          rows: total,
        },
        monitor,
        {
          severity: 'warning',
          counts: worst?.significant ?? false,
          enough: groupsCompared > 1 && total >= monitor.minRows,
          name: `${metric} by ${column}`,
        },
      );
      const small = asked.flatMap((rate) => compared.get(rate)!.all.filter((one) => one.rows < monitor.minGroup));
      return withExplanation(measurement, metric, column, groupsCompared, small);
    });
  };

  const withExplanation = (
    measurement: Measurement,
    metric: string,
    column: string,
    groupsCompared: number,
    small: readonly GroupRate[],
  ): Measurement => {
    if (measurement.verdict === 'ok') return measurement;
    const why =
      groupsCompared > 1 ? measurement.explanation : `${metric} by ${column}: there are no two groups to compare`;
    return { ...measurement, explanation: `${why}${leftOut(small, monitor.minGroup)}` };
  };

  const ratesOfGroups = (rows: readonly QueryRow[]): Measurement[] =>
    rows.flatMap((row) =>
      rates.map((rate) => {
        const { rows: groupRows, hits, group } = groupRate(row, rate);
        return judgeFigure(
          {
            metric: rate,
            subject: textIn(row, 'sliced_by'),
            slice: group,
            value: groupRows === 0 ? null : hits / groupRows,
            rows: groupRows,
          },
          monitor,
          { severity: 'warning', enough: groupRows >= monitor.minGroup },
        );
      }),
    );

  return {
    definition: monitor,
    clock: needsLabels ? 'labels' : 'events',
    query,
    judge: (rows) => ({
      measurements: [...monitor.by.flatMap((column) => compareColumn(column, rows)), ...ratesOfGroups(rows)],
    }),
    evidenceQuery: ({ metric, subject }, context) => {
      if (!metrics.includes(metric)) return null;
      const asked = ratesOf(metric);
      const spread = (rate: Rate): string => `max(${rate}) OVER () - min(${rate}) OVER ()`;
      const value =
        asked.length === 1 ? asked[0]! : `if(${spread(asked[0]!)} >= ${spread(asked[1]!)}, ${asked[0]!}, ${asked[1]!})`;
      const byRate =
        `SELECT slice, ${value} AS value, ${RATES[asked[0]!].rows} AS rows FROM (${query(context)}) ` +
        `WHERE sliced_by = ${sqlString(subject)} AND ${asked.map((rate) => `${RATES[rate].rows} >= ${monitor.minGroup}`).join(' AND ')} ` +
        `ORDER BY value, slice LIMIT ${GROUPS_IN_EVIDENCE}`;
      const from = needsLabels ? outcomesIn(pipeline, windowOf(context)) : predictionsIn(pipeline, windowOf(context));
      const unlucky = `decision = 'negative'${needsLabels ? ' AND label = 1' : ''}`;
      return evidenceSelect({
        slices: byRate,
        examples: examplesOf(
          from,
          'score DESC',
          `${unlucky} AND ${groups.textOf(`${subject}=`)} = (SELECT slice FROM (${byRate}) ORDER BY value, slice LIMIT 1)`,
        ),
      });
    },
  };
};

function ratesOf(metric: string): readonly Rate[] {
  return METRICS[metric.replace(/_(difference|ratio)$/, '')]!;
}

function groupRate(row: QueryRow, rate: Rate): GroupRate {
  return { group: textIn(row, 'slice'), hits: countIn(row, RATES[rate].hits), rows: countIn(row, RATES[rate].rows) };
}

function figureOf(comparison: Comparison, isRatio: boolean) {
  const interval = isRatio ? comparison.ratioInterval : comparison.differenceInterval;
  return {
    value: isRatio ? comparison.ratio : comparison.difference,
    low: interval?.low ?? null,
    high: interval?.high ?? null,
    significant: comparison.significant,
  };
}

function sumOf(groups: readonly GroupRate[]): number {
  return groups.reduce((sum, { rows }) => sum + rows, 0);
}

function leftOut(small: readonly GroupRate[], minGroup: number): string {
  if (small.length === 0) return '';
  const names = small.slice(0, GROUPS_NAMED).map(({ group, rows }) => `${group} (${rows})`);
  const more = small.length > GROUPS_NAMED ? ` and ${small.length - GROUPS_NAMED} more` : '';
  return `; left out for fewer than ${minGroup} rows: ${names.join(', ')}${more}`;
}
