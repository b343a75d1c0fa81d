import { Retriable } from '#platform/outcomes';
import { testClickHouse, uniqueName } from '#platform/testing';
import { boundedSelect, createClickHouse, type SelectBounds } from '#platform/clickhouse';

const client = testClickHouse();
const BOUNDS: SelectBounds = { seconds: 5, memoryBytes: 512 << 20, resultRows: 1_000 };

afterAll(() => client.close());

function select(sql: string, bounds: Partial<SelectBounds> = {}) {
  return boundedSelect(client, { sql, id: 'test', comment: { monitor: 'test' } }, { ...BOUNDS, ...bounds });
}

describe('a bounded SELECT', () => {
  it('gives rows, and what they took', async () => {
    const answer = await select('SELECT number AS n FROM numbers(3)');
    expect(answer).toMatchObject({ ok: true, rows: [{ n: expect.anything() as unknown }, {}, {}] });
    expect(answer.durationMs).toBeGreaterThan(0);
  });

  it('begins its id and comments it as it was told', async () => {
    const id = uniqueName('bounded');
    const sql = "SELECT query_id, Settings['log_comment'] AS comment FROM system.processes WHERE query_id = queryID()";
    const answer = await boundedSelect(client, { sql, id, comment: { pipeline: 'p', monitor: 'm' } }, BOUNDS);
    expect(answer).toMatchObject({
      ok: true,
      rows: [{ query_id: expect.stringMatching(`^${id}-`) as string, comment: '{"pipeline":"p","monitor":"m"}' }],
    });
  });

  it.each([
    ['writes', 'CREATE TABLE default.t (n Int32) ENGINE = Memory'],
    ['reaches out', "SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'a String')"],
    ['reads files', "SELECT * FROM file('/etc/passwd', 'LineAsString')"],
    ['changes its bounds', 'SELECT 1 SETTINGS max_execution_time = 0'],
    ['asks for a column that is not there', 'SELECT no_such_column FROM system.one'],
    ['asks for a table that is not there', 'SELECT 1 FROM no_such_database.t'],
    ['gives too many rows', 'SELECT number FROM numbers(2000)'],
  ])('is refused for good where it %s', async (_, sql) => {
    expect(await select(sql)).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/^ClickHouse refused/) as string,
    });
  });

  it('ends where it takes too long, or too much memory', async () => {
    const endless = 'SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1';
    expect(await select(endless, { seconds: 1 })).toMatchObject({ ok: false });
    const wide = 'SELECT length(groupArray(number)) FROM numbers(100000000)';
    expect(await select(wide, { memoryBytes: 16 << 20 })).toMatchObject({ ok: false });
  });

  it('is weather while nobody answers', async () => {
    const nobody = createClickHouse('http://u:p@127.0.0.1:1');
    const asked = boundedSelect(nobody, { sql: 'SELECT 1', id: 'test', comment: {} }, BOUNDS);
    await expect(asked).rejects.toBeInstanceOf(Retriable);
    await nobody.close();
  });
});
