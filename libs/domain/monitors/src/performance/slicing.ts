import { sqlIdentifier, sqlString } from '#contracts';

/** Parts of a SELECT that measures the rows of each value of some columns, in one pass. */
export interface Slicing {
  /** Columns of the rows that `labels` and `groupingSets` read. */
  readonly keys: string;
  /** Two columns: `slice`, `<column>=<value>` or empty for all rows, and `sliced_by`, the column. */
  readonly labels: string;
  readonly groupingSets: string;
  /** The text of the slice, of the column that a slice is of, for a row of the log. */
  textOf(slice: string): string;
}

/**
 * @param columns of the log, at least one; a repeated one counts once
 * @param overall whether all rows together are measured too
 */
export function slicing(columns: readonly string[], { overall }: { readonly overall: boolean }): Slicing {
  const sliced = [...new Set(columns)];
  const keys = sliced.map((_, index) => `key_${index}`);
  const textOf = (column: string, expression: string) =>
    `concat(${sqlString(`${column}=`)}, ifNull(toString(${expression}), 'null'))`;
  const choose = (valueOf: (column: string, key: string) => string) =>
    `multiIf(${sliced.map((column, index) => `grouping(${keys[index]!}) = 0, ${valueOf(column, keys[index]!)}`).join(', ')}, '')`;
  return {
    keys: sliced.map((column, index) => `${sqlIdentifier(column)} AS ${keys[index]!}`).join(', '),
    labels: `${choose(textOf)} AS slice, ${choose(sqlString)} AS sliced_by`,
    groupingSets: `GROUPING SETS (${[...(overall ? ['()'] : []), ...keys.map((key) => `(${key})`)].join(', ')})`,
    textOf: (slice) => {
      // The longest that fits: a column's name may hold an equals sign.
      const column = sliced.filter((name) => slice.startsWith(`${name}=`)).toSorted((a, b) => b.length - a.length)[0]!;
      return textOf(column, sqlIdentifier(column));
    },
  };
}
