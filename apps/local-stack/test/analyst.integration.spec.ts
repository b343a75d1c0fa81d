import type { ClickHouseClient } from '@clickhouse/client';
import { stack, testClickHouse, testClickHouseAsAnalyst, uniqueName } from '#platform/testing';

const database = uniqueName('analyst').replaceAll('-', '_');
let worker: ClickHouseClient;
let analyst: ClickHouseClient;

beforeAll(async () => {
  worker = testClickHouse();
  analyst = testClickHouseAsAnalyst();
  await worker.command({ query: `CREATE DATABASE ${database}` });
  await worker.command({ query: `CREATE TABLE ${database}.t (n UInt32) ENGINE = MergeTree ORDER BY n` });
  await worker.command({ query: `INSERT INTO ${database}.t VALUES (1), (2), (3)` });
});

afterAll(async () => {
  await worker.command({ query: `DROP DATABASE ${database}` });
  await Promise.all([worker.close(), analyst.close()]);
});

async function anonymously(query: string): Promise<Response> {
  return fetch(new URL(stack().clickhouseUrl).origin, { method: 'POST', body: query });
}

describe('users of ClickHouse', () => {
  it.each([
    'SELECT count() FROM <t>',
    'SELECT name, value, readonly FROM system.settings LIMIT 1',
    'SELECT database, name FROM system.tables LIMIT 1',
    'SELECT version(), timezone()',
    'SHOW DATABASES',
    'DESCRIBE TABLE <t>',
    'SELECT * FROM numbers(3)',
    'SELECT n FROM <t> SETTINGS max_threads = 1',
    'WITH x AS (SELECT n FROM <t>) SELECT sum(n) FROM x',
    'EXPLAIN SELECT n FROM <t>',
  ])('the analyst may: %s', async (query) => {
    const answer = await analyst.query({ query: query.replaceAll('<t>', `${database}.t`), format: 'JSONEachRow' });
    await expect(answer.json()).resolves.not.toHaveLength(0);
  });

  it.each([
    'INSERT INTO <t> VALUES (4)',
    'INSERT INTO <t> SELECT 4',
    "INSERT INTO FUNCTION file('/tmp/eddyline-analyst', 'CSV', 'a Int8') VALUES (1)",
    'ALTER TABLE <t> DELETE WHERE 1',
    'ALTER TABLE <t> UPDATE n = 1 WHERE 1',
    'ALTER TABLE <t> ADD COLUMN m Int8',
    'DELETE FROM <t> WHERE 1',
    'TRUNCATE TABLE <t>',
    'DROP TABLE <t>',
    'RENAME TABLE <t> TO <t>2',
    'OPTIMIZE TABLE <t>',
    'CREATE DATABASE analysts_own',
    'CREATE TABLE default.own (a Int8) ENGINE = Memory',
    'CREATE TEMPORARY TABLE own (a Int8)',
    'CREATE VIEW default.own AS SELECT 1',
    'CREATE FUNCTION own AS x -> x',
    'CREATE USER own',
    'GRANT INSERT ON *.* TO analyst',
    'SYSTEM STOP MERGES <t>',
    'SYSTEM SHUTDOWN',
    'SET readonly = 0',
    "SELECT * FROM file('/etc/hostname', 'LineAsString')",
    'SELECT * FROM default.`/etc/hostname`',
    "SELECT file('/etc/hostname')",
    "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
    "SELECT * FROM remote('127.0.0.1', system.one)",
    "SELECT * FROM executable('id', 'CSV', 'a String')",
  ])('the analyst may not: %s', async (query) => {
    await expect(analyst.command({ query: query.replaceAll('<t>', `${database}.t`) })).rejects.toThrow();
    const answer = await worker.query({
      query: `SELECT count() AS rows, sum(n) AS sum FROM ${database}.t`,
      format: 'JSONStringsEachRow',
    });
    expect(await answer.json()).toEqual([{ rows: '3', sum: '6' }]);
  });

  it.each([`SELECT * FROM ${database}.t`, 'CREATE DATABASE anybodys', "SELECT file('/etc/hostname')"])(
    'nobody may without a password: %s',
    async (query) => {
      const response = await anonymously(query);
      expect(response.ok).toBe(false);
    },
  );

  it('a wrong password is refused', async () => {
    const { origin } = new URL(stack().clickhouseUrl);
    const response = await fetch(origin, {
      method: 'POST',
      body: 'SELECT 1',
      headers: { authorization: `Basic ${Buffer.from('eddyline:wrong').toString('base64')}` },
    });
    expect(response.status).toBe(403);
  });
});
