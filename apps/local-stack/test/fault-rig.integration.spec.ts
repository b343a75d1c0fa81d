import { eventually } from '#platform/testing';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { StackFile } from '../src/stack-file.js';
import { sql, StackFolder, type StackProcess } from './stack-process.js';

/** Nothing of Kafka is needed here, and without it a stack is up in a second. */
const WITHOUT_KAFKA = { KAFKA_BROKERS: '127.0.0.1:1', SCHEMA_REGISTRY_URL: 'http://127.0.0.1:2' };

let folder: StackFolder;
let child: StackProcess;
let stack: StackFile;

beforeEach(async () => {
  folder = await StackFolder.make();
  child = folder.launch(['--clickhouse-disk-mb', '1024'], WITHOUT_KAFKA);
  stack = await child.up();
  await sql(stack, 'CREATE DATABASE kept');
  await sql(stack, 'CREATE TABLE kept.t (n UInt32) ENGINE = MergeTree ORDER BY n');
  await sql(stack, 'INSERT INTO kept.t VALUES (1)');
});

afterEach(() => folder.remove());

it('a part that was killed by command leaves the rest running, and comes back with its state on the same port', async () => {
  expect(await child.command('clickhouse', 'kill')).toBeUndefined();
  await expect(sql(stack, 'SELECT 1')).rejects.toThrow('fetch failed');
  expect(await child.command('clickhouse', 'kill')).toBe('clickhouse does not run');
  expect((await fetch(stack.otlpEndpoint)).status).toBe(404); // the receiver answers

  expect(await child.command('clickhouse', 'start')).toBeUndefined();
  expect(await sql(stack, 'SELECT sum(n) FROM kept.t')).toBe('1');
  expect(await child.command('clickhouse', 'start')).toBe('clickhouse runs already');

  expect(await child.command('clickhouse', 'stop')).toBeUndefined();
  expect(await child.command('clickhouse', 'start')).toBeUndefined();
  child.child.kill('SIGTERM');
  expect(await child.ended).toBe(0);
});

it('a part that dies by itself takes the stack down, also one that a command had brought back', async () => {
  await child.command('clickhouse', 'kill');
  await child.command('clickhouse', 'start');
  const [engine] = folder.processes().filter((pid) => pid !== child.child.pid);
  process.kill(engine!, 'SIGKILL');
  expect(await child.ended).toBe(1);
  expect(child.errors).toContain('ClickHouse ended by itself (SIGKILL)');
});

it('a frozen part holds its port and answers nobody until it is thawed', async () => {
  await child.command('clickhouse', 'freeze');
  const ping = `${new URL(stack.clickhouseUrl).origin}/ping`;
  await expect(fetch(ping, { signal: AbortSignal.timeout(1_000) })).rejects.toThrow('timeout'); // neither answered nor refused
  const waiting = sql(stack, 'INSERT INTO kept.t VALUES (2)');
  await child.command('clickhouse', 'thaw');
  await waiting;
  expect(await sql(stack, 'SELECT sum(n) FROM kept.t')).toBe('3');
});

it.each(['SIGTERM', 'SIGKILL'] as const)(
  'a frozen part does not outlive a stack that got %s',
  async (signal) => {
    await child.command('clickhouse', 'freeze');
    child.child.kill(signal);
    await child.ended;
    await eventually(() => folder.processes().length === 0);
  },
  60_000,
);

it("a full disk refuses inserts by the server's own reservation of space, and takes them again when it is freed", async () => {
  expect(await child.command('clickhouse', 'fill-disk')).toBeUndefined();
  await expect(sql(stack, 'INSERT INTO kept.t VALUES (2)')).rejects.toThrow('NOT_ENOUGH_SPACE');
  expect(await sql(stack, 'SELECT sum(n) FROM kept.t')).toBe('1');

  await child.command('clickhouse', 'kill'); // it stays full over a restart
  await child.command('clickhouse', 'start');
  await expect(sql(stack, 'INSERT INTO kept.t VALUES (2)')).rejects.toThrow('NOT_ENOUGH_SPACE');

  expect(await child.command('clickhouse', 'free-disk')).toBeUndefined();
  await sql(stack, 'INSERT INTO kept.t VALUES (2)');
  expect(await sql(stack, 'SELECT sum(n) FROM kept.t')).toBe('3');
});

it('what a stack took of the disk is given back when it stops', async () => {
  await child.command('clickhouse', 'fill-disk');
  expect(existsSync(join(folder.path, 'clickhouse-disk-fill'))).toBe(true);
  child.child.kill('SIGTERM');
  await child.ended;
  expect(existsSync(join(folder.path, 'clickhouse-disk-fill'))).toBe(false);
});

it('a command that cannot be is answered with the reason', async () => {
  expect(await child.command('kafka-1', 'kill')).toBe("kafka-1 is none of this stack's parts: clickhouse, otlp");
  expect(await child.command('otlp', 'freeze')).toContain("lives in the stack's own process");
  expect(await child.command('otlp', 'fill-disk')).toContain('only the disk of clickhouse');
});
