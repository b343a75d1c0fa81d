import { countIn, numberIn, type QueryRow } from '#domain/monitors';
import type { TermSums } from '#domain/statistics';
import type { GuardQuery } from './guard-queries.js';

/** What a guard's query gave. */
export interface GuardReading extends GuardQuery {
  /** Events that were compared. */
  readonly events: number;
  /** How much worse than the champion the challenger was: terms are events or, of areas and business figures, blocks. */
  readonly difference: TermSums;
  /** How bad it was by itself. */
  readonly own: TermSums;
  /** How bad each arm was on average; null: nothing was compared. Latency: the percentiles. */
  readonly challenger: number | null;
  readonly champion: number | null;
}

export function toGuardReading(query: GuardQuery, rows: readonly QueryRow[]): GuardReading {
  const units = total(rows, 'units');
  const mean = (sum: string): number | null => (units === 0 ? null : total(rows, sum) / units);
  const [first] = rows;
  const isPerEvent = units === total(rows, 'events');
  return {
    ...query,
    events: total(rows, 'events'),
    difference: sumsOf(rows, 'difference', 'difference_squares', isPerEvent),
    own: sumsOf(rows, 'own_sum', 'own_squares', isPerEvent),
    challenger: numberIn(first, 'challenger_value') ?? mean('own_sum'),
    champion: numberIn(first, 'champion_value') ?? mean('champion_sum'),
  };
}

function sumsOf(rows: readonly QueryRow[], sum: string, squares: string, isPerEvent: boolean): TermSums {
  return {
    count: total(rows, 'units'),
    sum: total(rows, sum),
    squares: total(rows, squares),
    // Units that are blocks already are long enough to be unlike one another.
    blocks: isPerEvent ? rows.map((row) => ({ count: countIn(row, 'units'), sum: countIn(row, sum) })) : [],
  };
}

function total(rows: readonly QueryRow[], column: string): number {
  return rows.reduce((sum, row) => sum + countIn(row, column), 0);
}
