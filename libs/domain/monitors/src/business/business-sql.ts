/** What is wrong with a business monitor's SQL, and at which character. */
export interface SqlProblem {
  readonly message: string;
  readonly offset: number;
}

/** Strings, quoted names and comments are one piece each; what is in them is no SQL. */
const PIECES =
  /'(?:[^'\\]|\\[^]|'')*'|"(?:[^"\\]|\\[^]|"")*"|`(?:[^`\\]|\\[^]|``)*`|--[^\n]*|#[ !][^\n]*|\/\*[^]*?\*\/|\{\w+\}|[A-Za-z_][\w$]*|[^]/g;

const UNCLOSED: Readonly<Record<string, string>> = {
  "'": 'a string is not closed',
  '"': 'a name is not closed',
  '`': 'a name is not closed',
};

/** Clauses that belong to a whole query, which this is a part of. */
const CLAUSES: Readonly<Record<string, string>> = {
  format: 'the format is not yours to choose: leave FORMAT out',
  settings: 'settings are not yours to choose: leave SETTINGS out',
  into: 'must only read: leave INTO out',
};

/**
 * What would keep SQL from standing in parentheses within the monitor's query, as far as it can be told without ClickHouse.
 * It is no guard: monitors are run by a user, or with settings, that can only read.
 */
export function businessSqlProblems(sql: string): readonly SqlProblem[] {
  const problems: SqlProblem[] = [];
  const fail = (offset: number, message: string): void => void problems.push({ offset, message });
  const open: number[] = [];
  for (const { 0: piece, index } of sql.matchAll(PIECES)) {
    const clause = CLAUSES[piece.toLowerCase()];
    if (piece === ';') fail(index, 'is one query: leave the semicolon out');
    else if (piece === '$') fail(index, 'a text in $ signs is not taken: write it in single quotes');
    else if (piece === '/' && sql.startsWith('/*', index)) fail(index, 'a comment is not closed');
    else if (UNCLOSED[piece] !== undefined) fail(index, UNCLOSED[piece]);
    else if (piece === '(') open.push(index);
    else if (piece === ')' && open.pop() === undefined) fail(index, 'a parenthesis is closed that was not opened');
    else if (clause !== undefined && !/^\s*\(/.test(sql.slice(index + piece.length))) fail(index, clause);
  }
  for (const offset of open) fail(offset, 'a parenthesis is not closed');
  return problems.toSorted((a, b) => a.offset - b.offset);
}

/** Puts text in place of `{predictions}` and `{outcomes}`, but not within strings, quoted names and comments. */
export function expandPlaceholders(
  sql: string,
  texts: { readonly predictions: string; readonly outcomes: string },
): string {
  return sql.replace(PIECES, (piece) =>
    piece === '{predictions}' ? texts.predictions : piece === '{outcomes}' ? texts.outcomes : piece,
  );
}
