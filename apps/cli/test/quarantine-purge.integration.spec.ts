import { databaseOf, topicOf } from '#contracts';
import { eventually, testClickHouse } from '#platform/testing';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { appliedPipeline, QuarantineStock, type Quarantined, type Replayed } from './quarantine-stock.js';
import { eddyline, eddylineJson, spawnEddyline, stackEnvironment } from './run-eddyline.js';

const DAY_MS = 86_400_000;

interface Purged {
  readonly ok: boolean;
  readonly records: number;
  readonly rows: number;
  readonly marks?: number;
}

describe('eddyline quarantine purge', () => {
  const clickhouse = testClickHouse();
  let stock: QuarantineStock;
  let pipeline: string;

  beforeEach(async () => {
    // The broker deletes by the records' own timestamps: forty days have to be within the topic's retention, or its
    // periodic check takes what these tests count.
    pipeline = await appliedPipeline('purge', (yaml) => yaml.replace(/retention: \w+/, 'retention: 365d'));
    stock = new QuarantineStock(pipeline);
  });

  afterEach(() => stock.close());
  afterAll(() => clickhouse.close());

  async function rows(): Promise<number> {
    const query = `SELECT count() AS n FROM ${databaseOf(pipeline)}.quarantine`;
    const [counted] = await (await clickhouse.query({ query, format: 'JSONEachRow' })).json<{ n: string }>();
    return Number(counted?.n);
  }

  async function list(): Promise<Quarantined> {
    return eddylineJson<Quarantined>(['quarantine', 'list', pipeline]);
  }

  /** Runs monitoring until the table holds `count` rows and their offsets are committed. */
  async function logged(count: number): Promise<void> {
    const monitoring: ChildProcess = spawnEddyline(['services', '--only', 'monitoring', '--free-ports', '--json'], {
      ...stackEnvironment(),
      EDDYLINE_PIPELINES: pipeline,
    });
    monitoring.stdout?.resume();
    monitoring.stderr?.resume();
    const ended = once(monitoring, 'close');
    try {
      await eventually(async () => (await rows()) === count, { everyMs: 300 });
    } finally {
      monitoring.kill('SIGINT'); // it commits what it has written before it goes
      await ended;
    }
  }

  it('deletes what is old, as far as monitoring has logged it, with the rows that tell of it', async () => {
    const oldMs = Date.now() - 40 * DAY_MS;
    await stock.fill(100, { atMs: oldMs });
    await stock.fill(20, { from: 100 });
    await logged(120);
    await stock.fill(30, { from: 120, atMs: oldMs }); // behind younger ones: they stay

    const dry = await eddylineJson<Purged>(['quarantine', 'purge', pipeline, '--older-than', '30d', '--dry-run']);
    expect(dry).toMatchObject({ records: 100, rows: 100 });
    expect((await list()).total).toBe(150);

    const run = await eddyline(['quarantine', 'purge', pipeline, '--older-than', '30d', '--yes']);
    expect(run.stderr).toBe('');
    expect(run.stdout).toContain(`deleted 100 records from ${topicOf(pipeline, 'quarantine')}`);
    expect(run.stdout).toContain(`deleted 100 rows from ${databaseOf(pipeline)}.quarantine`);
    expect((await list()).total).toBe(50);
    expect(await rows()).toBe(20);
    expect(await eddylineJson(['quarantine', 'purge', pipeline, '--older-than', '30d', '--yes'])).toMatchObject({
      records: 0,
      rows: 0,
    });
  });

  it('leaves what monitoring has not logged, and says so', async () => {
    const oldMs = Date.now() - 40 * DAY_MS;
    await stock.fill(10, { atMs: oldMs });
    const nothing = await eddyline(['quarantine', 'purge', pipeline, '--older-than', '30d', '--yes', '--json']);
    expect(JSON.parse(nothing.stdout)).toMatchObject({ ok: true, records: 0, rows: 0 });
    expect(nothing.stderr).toContain('monitoring has not logged more yet');
    await logged(10);
    await stock.fill(6, { from: 10, atMs: oldMs });
    const some = await eddyline([
      'quarantine',
      'purge',
      pipeline,
      '--older-than',
      '30d',
      '--yes',
      '--json',
      '--keep-rows',
    ]);
    expect(JSON.parse(some.stdout)).toMatchObject({ ok: true, records: 10, rows: 0 });
    expect(some.stderr).toContain('partition 0 is only deleted up to offset 5, not 8');
    expect((await list()).total).toBe(6);
    expect(await rows()).toBe(10);
    // The rows of what is gone go with a later purge that does not keep them.
    expect(await eddylineJson(['quarantine', 'purge', pipeline, '--older-than', '30d', '--yes'])).toMatchObject({
      records: 0,
      rows: 10,
    });
    expect(await rows()).toBe(0);
  });

  it('keeps the marks of what it leaves: nothing that was put back is put back again', async () => {
    await stock.fill(20, { atMs: Date.now() - 40 * DAY_MS });
    await stock.fill(20, { from: 20 });
    await logged(40);
    const all = ['quarantine', 'replay', pipeline, '--all'];
    expect(await eddylineJson<Replayed>(all)).toMatchObject({ replayed: 40 });
    const purged = await eddylineJson<Purged>(['quarantine', 'purge', pipeline, '--older-than', '30d', '--yes']);
    expect(purged).toMatchObject({ records: 20, rows: 20, marks: 20 });
    expect(await eddylineJson<Replayed>(all)).toMatchObject({ replayed: 0, alreadyReplayed: 20 });
    expect([...(await stock.putBack()).values()]).toEqual(Array(40).fill(1));
  });

  it('does not delete without being told to where nobody can be asked', async () => {
    const run = await eddyline(['quarantine', 'purge', pipeline, '--older-than', '30d']);
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toContain('--yes');
    expect((await eddyline(['quarantine', 'purge', pipeline])).exitCode).toBe(2);
  });
});
