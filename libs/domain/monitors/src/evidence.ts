import { sqlIdentifier, sqlString, type AlertEvidence, type Measurement, type MonitoringDefinition } from '#contracts';
import type { QueryRow } from './monitor.js';

/** Slices that an alert names, and predictions. */
const SLICES = 5;
const EXAMPLES = 5;

/**
 * One SELECT that gives an alert its evidence. Its rows are slices (`slice`, `value`, `rows`; `event_id` is empty) and
 * predictions to look at (`event_id`, `trace_id`, `partition`, `offset`; `slice` is empty), each kind in its own order.
 *
 * @param slices a SELECT of `slice` (`<column>=<value>`), `value` and `rows`: see `slicesOf`
 * @param examples a SELECT of `event_id`, `trace_id`, `partition`, `offset`: see `examplesOf`
 */
export function evidenceSelect({ slices, examples }: { readonly slices?: string; readonly examples?: string }): string {
  return [
    ...(slices === undefined
      ? []
      : [
          'SELECT slice, toNullable(toFloat64(value)) AS value, toUInt64(rows) AS rows, ' +
            `'' AS event_id, '' AS trace_id, toInt32(-1) AS \`partition\`, toInt64(-1) AS \`offset\` FROM (${slices})`,
        ]),
    ...(examples === undefined
      ? []
      : [
          "SELECT '' AS slice, toNullable(toFloat64(NULL)) AS value, toUInt64(1) AS rows, event_id, trace_id, " +
            `toInt32(\`partition\`) AS \`partition\`, toInt64(\`offset\`) AS \`offset\` FROM (${examples})`,
        ]),
  ].join('\nUNION ALL\n');
}

/**
 * The slices in which a figure lies worst, worst first; undefined where the pipeline names none.
 *
 * @param from rows of predictions or outcomes, as text after FROM
 * @param value an aggregate; the highest is the worst, unless `lowestFirst`
 * @param minRows smaller slices are left out: their figures are noise
 */
export function slicesOf(
  { slices }: Pick<MonitoringDefinition, 'slices'>,
  from: string,
  value: string,
  { minRows, lowestFirst = false }: { readonly minRows: number; readonly lowestFirst?: boolean },
): string | undefined {
  if (slices.length === 0) return undefined;
  return (
    `SELECT ${sliceOf(slices)} AS slice, ${value} AS value, count() AS rows FROM ${from} ` +
    `GROUP BY slice HAVING rows >= ${minRows} AND isFinite(value) ` +
    `ORDER BY value ${lowestFirst ? 'ASC' : 'DESC'}, slice LIMIT ${SLICES}`
  );
}

/** Makes a row one row for each slice that it is in. */
export function sliceOf(columns: readonly string[]): string {
  const names = columns.map(
    (column) => `concat(${sqlString(`${column}=`)}, ifNull(toString(${sqlIdentifier(column)}), 'null'))`,
  );
  return `arrayJoin([${names.join(', ')}])`;
}

/**
 * The predictions that come first in an order; those with a trace before those without where the order leaves it open.
 *
 * @param from rows of predictions or outcomes, as text after FROM
 */
export function examplesOf(from: string, orderBy: string, where = '1'): string {
  return (
    'SELECT event_id, trace_id, log_partition AS `partition`, log_offset AS `offset` ' +
    `FROM ${from} WHERE ${where} ORDER BY ${orderBy}, empty(trace_id), log_partition, log_offset LIMIT ${EXAMPLES}`
  );
}

/** What an alert carries of a measurement, and of the rows that its monitor's evidence query gave. */
export function toEvidence(measurement: Measurement, rows: readonly QueryRow[]): AlertEvidence {
  return {
    rows: measurement.rows,
    reference_rows: measurement.referenceRows,
    reference_value: measurement.referenceValue,
    low: measurement.low,
    high: measurement.high,
    p_value: measurement.pValue,
    slices: rows
      .filter(({ slice, value }) => typeof slice === 'string' && slice !== '' && value !== null)
      .map(({ slice, value, rows: sliceRows }) => ({
        slice: slice as string,
        value: Number(value),
        rows: Number(sliceRows),
      })),
    examples: rows
      .filter(({ event_id: id }) => typeof id === 'string' && id !== '')
      .map(({ event_id: id, trace_id: trace, partition, offset }) => ({
        event_id: id as string,
        trace_id: typeof trace === 'string' ? trace : '',
        partition: Number(partition),
        offset: Number(offset),
      })),
  };
}
