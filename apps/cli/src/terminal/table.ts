export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string | number | null | undefined;
  /** Numbers are easier to compare when they end in the same column. */
  readonly align?: 'left' | 'right';
}

/** Plain text table: a title line and one line per row, two spaces between columns, no trailing blanks. `null` shows as `–`. */
export function formatTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
  const cells = rows.map((row) => columns.map((column) => cellOf(column.value(row))));
  const widths = columns.map((column, index) =>
    Math.max(width(column.title), ...cells.map((line) => width(line[index] ?? ''))),
  );
  const format = (line: readonly string[]): string =>
    line
      .map((cell, index) => pad(cell, widths[index] ?? 0, columns[index]?.align ?? 'left'))
      .join('  ')
      .trimEnd();
  return [format(columns.map((column) => column.title)), ...cells.map(format)];
}

function cellOf(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  return typeof value === 'number' ? formatCount(value) : value;
}

/** 1234567 → `1,234,567`. */
export function formatCount(value: number): string {
  return value.toLocaleString('en-US');
}

function width(text: string): number {
  return [...text].length;
}

function pad(text: string, target: number, align: 'left' | 'right'): string {
  const blanks = ' '.repeat(Math.max(0, target - width(text)));
  return align === 'right' ? blanks + text : text + blanks;
}
