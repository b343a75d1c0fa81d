import type { Measurement } from '#contracts';
import { outcomesIn, predictionsIn } from '../log-windows.js';
import { judgeFigure } from '../measurement.js';
import type { CompiledMonitor, MonitorFactory, QueryRow } from '../monitor.js';
import { countIn, numberIn, textIn } from '../query-row.js';
import { expandPlaceholders } from './business-sql.js';

/** Subjects that are told; more would be no figure but a table. */
const MOST_SUBJECTS = 1_000;

/**
 * Any figure that SQL over a window's rows gives: `value`, for each `subject` where there is one. A column `rows` may tell
 * how many rows the figure rests on; without it they are all of the window's.
 */
export const businessMonitor: MonitorFactory<'business'> = (monitor, pipeline): CompiledMonitor => {
  const judge = (row: QueryRow): Measurement => {
    const rows = countIn(row, 'rows' in row ? 'rows' : 'window_rows');
    const measurement = judgeFigure(
      { metric: 'value', subject: textIn(row, 'subject'), value: numberIn(row, 'value'), rows },
      monitor,
      { severity: 'critical' },
    );
    return 'value' in row
      ? measurement
      : { ...measurement, explanation: 'the query gives no column `value`: name one with AS value' };
  };

  return {
    definition: monitor,
    clock: monitor.on === 'outcomes' ? 'labels' : 'events',
    query: (context) => {
      const from = { predictions: predictionsIn(pipeline, context), outcomes: outcomesIn(pipeline, context) };
      return `SELECT *, (SELECT count() FROM ${from[monitor.on]}) AS window_rows
FROM (
${expandPlaceholders(monitor.sql, from)}
)
LIMIT ${MOST_SUBJECTS}`;
    },
    judge: (rows) => {
      // An alert is known by its subject: of two rows with the same, the first counts.
      const bySubject = new Map(rows.toReversed().map((row) => [textIn(row, 'subject'), row]));
      const found = rows.filter((row) => bySubject.get(textIn(row, 'subject')) === row);
      return { measurements: (found.length === 0 ? [{ value: null, rows: 0 }] : found).map(judge) };
    },
    evidenceQuery: () => null,
  };
};
