import { businessSqlProblems, expandPlaceholders } from './business-sql.js';

const messages = (sql: string) => businessSqlProblems(sql).map(({ message, offset }) => `${offset}: ${message}`);

describe('businessSqlProblems', () => {
  it.each([
    'SELECT sum(amount) AS value FROM {predictions}',
    "SELECT country AS subject, avg(label) AS value FROM {outcomes} WHERE note != 'a; b (' GROUP BY country",
    "WITH a AS (SELECT 1) SELECT format('{} of {}', subject, 'x') AS subject, 2 AS value FROM {predictions} -- INTO;",
    'SELECT `format`, "settings" FROM {predictions} /* ; ( */',
    "SELECT 'it''s', 'it\\'s' FROM {predictions} # ;",
  ])('finds nothing wrong with %s', (sql) => {
    expect(messages(sql)).toEqual([]);
  });

  it.each([
    ['SELECT 1; DROP TABLE x', '8: is one query: leave the semicolon out'],
    ['SELECT 1 FORMAT CSV', '9: the format is not yours to choose: leave FORMAT out'],
    ['SELECT 1 settings readonly = 0', '9: settings are not yours to choose: leave SETTINGS out'],
    ["SELECT 1 INTO OUTFILE 'x'", '9: must only read: leave INTO out'],
    ['SELECT (1', '7: a parenthesis is not closed'],
    ['SELECT 1) FROM (SELECT 2', '8: a parenthesis is closed that was not opened', '15: a parenthesis is not closed'],
    ["SELECT 'a", '7: a string is not closed'],
    ['SELECT "a', '7: a name is not closed'],
    ['SELECT 1 /* a', '9: a comment is not closed'],
    ['SELECT $$;$$', ...[7, 8].map((at) => `${at}: a text in $ signs is not taken: write it in single quotes`)],
  ])('finds what is wrong with %s', (sql, ...expected) => {
    expect(messages(sql)).toEqual(expect.arrayContaining(expected));
  });
});

describe('expandPlaceholders', () => {
  it('puts rows in their place, every time', () => {
    const sql =
      'SELECT count() FROM {predictions} AS p JOIN {outcomes} AS o USING (event_id) JOIN {predictions} AS q USING (id)';
    expect(expandPlaceholders(sql, { predictions: '(P)', outcomes: '(O)' })).toBe(
      'SELECT count() FROM (P) AS p JOIN (O) AS o USING (event_id) JOIN (P) AS q USING (id)',
    );
  });

  it('leaves strings, quoted names and comments alone', () => {
    const sql = "SELECT '{predictions}', `{outcomes}` /* {predictions} */ -- {outcomes}\nFROM {outcomes}";
    expect(expandPlaceholders(sql, { predictions: '(P)', outcomes: '(O)' })).toBe(sql.replace(/\{outcomes\}$/, '(O)'));
  });
});
