import type { QueryRow } from './monitor.js';

/** A number of a row; null where it is NULL, NaN or infinite, or the column is not there. 64-bit integers come as text. */
export function numberIn(row: QueryRow | undefined, column: string): number | null {
  const value = row?.[column];
  if (value === null || value === undefined || value === '') return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

/** A count of a row; 0 where there is none. */
export function countIn(row: QueryRow | undefined, column: string): number {
  return numberIn(row, column) ?? 0;
}

export function textIn(row: QueryRow | undefined, column: string): string {
  const value = row?.[column];
  return value === null || value === undefined ? '' : String(value);
}
