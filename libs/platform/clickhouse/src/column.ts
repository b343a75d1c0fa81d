import * as types from './column-type.js';
import type { ColumnType } from './column-type.js';
import type { Column } from './table.js';

/** For numbers that rise from row to row. */
export const TIME_CODEC = 'Delta(8), ZSTD(1)';
/** For strings of which there are few. */
export const word = types.lowCardinality(types.string);

/** @param comment says what the column holds; shown by DESCRIBE */
export function column<Row>(
  name: string,
  type: ColumnType<never>,
  value: (row: Row) => unknown,
  comment: string,
  codec?: string,
): Column<Row> {
  return { name, type: type as ColumnType, value, comment, ...(codec === undefined ? {} : { codec }) };
}
