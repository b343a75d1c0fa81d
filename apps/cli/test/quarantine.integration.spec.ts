import { HEADER, topicOf } from '#contracts';
import { eventually } from '#platform/testing';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { appliedPipeline, QuarantineStock, type Quarantined, type Replayed } from './quarantine-stock.js';
import { eddyline, eddylineJson, fileWith, pipelineFolder, spawnEddyline, stackEnvironment } from './run-eddyline.js';

const BASE_MS = Date.UTC(2026, 0, 1);
const CSV_HEADER = 'id,customer,at,amount,hour';

function csvRow(index: number, amount = 10): string {
  return `p-${index},c-${index % 7},${new Date(BASE_MS + index * 1_000).toISOString()},${amount},${index % 24}`;
}

function withDedupe(yaml: string): string {
  return `${yaml}dedupe: { window: 7d }\n`;
}

/** Validation of one pipeline, as a process. */
class Validation {
  private readonly child: ChildProcess;
  private text = '';

  constructor(pipeline: string) {
    const env = { ...stackEnvironment(), EDDYLINE_PIPELINES: pipeline };
    this.child = spawnEddyline(['services', '--only', 'validation', '--free-ports', '--json'], env);
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.text += chunk.toString()));
  }

  async ready(): Promise<void> {
    await eventually(() => this.text.includes('"phase":"ready"'));
  }

  async stop(): Promise<void> {
    const ended = this.child.exitCode === null ? once(this.child, 'close') : undefined;
    this.child.kill('SIGINT');
    await ended;
    // Whatever ended it before, its log says why.
    expect({ exitCode: this.child.exitCode, log: this.text }).toMatchObject({ exitCode: 0 });
  }
}

describe('eddyline quarantine', () => {
  let pipeline: string;
  let stock: QuarantineStock;
  let validation: Validation;

  beforeAll(async () => {
    pipeline = await appliedPipeline('quarantine', withDedupe);
    stock = new QuarantineStock(pipeline);
    validation = new Validation(pipeline);
    await validation.ready();
    const rows = [csvRow(1), csvRow(2, 5_000), csvRow(3), csvRow(4, -1), csvRow(5, 4_000)];
    await eddylineJson(['publish', pipeline, await fileWith('mixed.csv', [CSV_HEADER, ...rows].join('\n'))]);
    await eventually(async () => (await stock.read('quarantine')).length === 3, { everyMs: 300 });
  });

  afterAll(async () => {
    await stock.close();
    await validation.stop();
  });

  async function list(...options: string[]): Promise<Quarantined> {
    return eddylineJson<Quarantined>(['quarantine', 'list', pipeline, ...options]);
  }

  it('counts what was set aside, then lists it, by whatever is asked for', async () => {
    const all = await list();
    expect(all.groups).toEqual([expect.objectContaining({ group: 'range', count: 3, notReplayed: 3 })]);
    expect(all.records.map(({ reason, attempt }) => ({ reason, attempt }))).toEqual(
      Array(3).fill({ reason: 'range', attempt: 1 }),
    );
    expect(all.records[0]?.origin.topic).toBe(topicOf(pipeline, 'events'));
    expect((await list('--reason', 'late')).total).toBe(0);
    expect((await list('--stage', 'validation', '--limit', '1')).records).toHaveLength(1);
    expect(await list('--key', 'c-2', '--by', 'stage')).toMatchObject({ total: 1, groups: [{ group: 'validation' }] });
    expect((await list('--since', '2100-01-01T00:00:00Z')).total).toBe(0);
    expect((await list('--since', '1h', '--until', '2100-01-01T00:00:00Z')).total).toBe(3);
    expect((await list('--until', '1h')).total).toBe(0);
    const seen = (await eddyline(['quarantine', 'list', pipeline])).stdout;
    expect(seen).toMatch(/^REASON +COUNT +NOT REPLAYED.*\nrange +3 +3 /);
  });

  it('shows records with their reason, bytes and what they say, several at once', async () => {
    const [first, second] = (await list()).records;
    const run = await eddyline(['quarantine', 'show', pipeline, first!.id, second!.id]);
    expect(run.exitCode).toBe(0);
    expect(run.stdout.match(/validation: range/g)).toHaveLength(2);
    expect(run.stdout).toMatch(/00000000 {2}00 /);
    expect(run.stdout).toMatch(/"amount": (5000|4000|-1)/);
    const missing = await eddyline(['quarantine', 'show', pipeline, '0-99999', first!.id, '--json']);
    expect(missing.exitCode).toBe(1);
    expect(missing.stderr).toContain('has no record 0-99999');
    expect(missing.stdout.trim().split('\n')).toHaveLength(2);
  });

  it('shows how far a truncated record can be read', async () => {
    const [bad] = await stock.read('quarantine');
    await stock.publish('events', bad!.value!.subarray(0, bad!.value!.length - 10));
    const found = await eventually(
      async () => {
        const { records } = await list('--reason', 'truncated');
        return records.length === 1 && records[0]!;
      },
      { everyMs: 300 },
    );
    const { stdout } = await eddyline(['quarantine', 'show', pipeline, (found as { id: string }).id]);
    expect(stdout).toMatch(/byte {5}5 {2}id {8}"p-\d"/);
    expect(stdout).toMatch(/amount {4}← fails here: double: the value ends within it, 6 bytes after its beginning/);
  });

  it('puts a record back once, even when it is asked twice, and again only when told to', async () => {
    const { id } = (await list('--reason', 'range')).records[0]!;
    const replay = ['quarantine', 'replay', pipeline, '--id', id];
    expect(await eddylineJson([...replay, '--dry-run'])).toMatchObject({ ids: [id], selected: 1 });
    expect((await stock.putBack()).size).toBe(0);

    // It is as bad as before: validation sets it aside again, as the second attempt.
    const first = await eddylineJson<Replayed>([...replay, '--wait']);
    expect(first).toMatchObject({
      replayed: 1,
      outcome: [{ stage: 'validation', put: 1, accepted: 0, refused: { range: 1 }, duplicates: 0 }],
    });
    expect((await list('--run', first.run)).records).toMatchObject([{ attempt: 2, replayed: false }]);
    expect(await eddylineJson(replay)).toMatchObject({ replayed: 0, alreadyReplayed: 1 });
    expect(await stock.putBack()).toEqual(new Map([[id, 1]]));
    expect(await eddylineJson([...replay, '--again'])).toMatchObject({ replayed: 1 });
    expect(await stock.putBack()).toEqual(new Map([[id, 2]]));
    expect((await list()).groups).toContainEqual(expect.objectContaining({ group: 'range', notReplayed: 4 }));
  });

  it('says what became of the records after a fix: accepted, refused again, duplicates', async () => {
    const wider = await pipelineFolder(pipeline, {
      yaml: (text) => withDedupe(text).replace('max: 1000', 'max: 10000'),
    });
    await eddylineJson(['apply', join(wider, 'pipeline.yaml')]);
    // The producer of p-5 has mended and sent it itself.
    const file = await fileWith('mended.csv', [CSV_HEADER, csvRow(5, 400)].join('\n'));
    await eddylineJson(['publish', pipeline, file]);
    await eventually(async () => (await stock.ids('validated')).includes('p-5'), { everyMs: 300 });

    const run = await eddyline(['quarantine', 'replay', pipeline, '--reason', 'range', '--wait']);
    expect(run.stdout).toMatch(/validation has read \d of the run:\n {2}accepted +1\n/);
    expect(run.stdout).toMatch(/quarantined again +\d \(\d range\)\n {2}duplicates +[1-9]/);
    expect(run.exitCode).toBe(0);
    // Refused events are not remembered: p-2 comes in although it was refused; p-5 is there already.
    expect((await stock.ids('validated')).toSorted()).toEqual(['p-1', 'p-2', 'p-3', 'p-5']);
  });

  it('puts what inference refused back behind validation, which restores its memory as if it were not there', async () => {
    await validation.stop();
    await stock.fill(4, { to: 'validated' });
    // What lies there cannot even be read; to a restart that took it for its own output it would be the end.
    const replayed = await eddylineJson<Replayed>(['quarantine', 'replay', pipeline, '--stage', 'inference']);
    expect(replayed).toMatchObject({ replayed: 4, byTopic: { [topicOf(pipeline, 'validated')]: 4 } });
    const back = (await stock.read('validated')).filter(({ headers }) => headers[HEADER.replayTo] !== undefined);
    expect(back.map(({ headers }) => String(headers[HEADER.attempt]))).toEqual(['2', '2', '2', '2']);

    validation = new Validation(pipeline);
    await validation.ready();
    const rows = [csvRow(1), csvRow(6)]; // the first is known
    await eddylineJson(['publish', pipeline, await fileWith('more.csv', [CSV_HEADER, ...rows].join('\n'))]);
    await eventually(async () => (await stock.ids('validated')).includes('p-6'), { everyMs: 300 });
    const ids = (await stock.ids('validated')).filter((id) => id === 'p-1' || id === 'p-6');
    expect(ids.toSorted()).toEqual(['p-1', 'p-6']);
  });

  it('wants to be told which records', async () => {
    const run = await eddyline(['quarantine', 'replay', pipeline]);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain('say which records');
    const both = await eddyline(['quarantine', 'replay', pipeline, '--all', '--reason', 'range']);
    expect(both.exitCode).toBe(2);
    const unset = await eddyline(['quarantine', 'replay', pipeline, '--reason', '']);
    expect(unset.stderr).toContain('is a variable unset?');
  });

  it('tells in its status what validation has read', async () => {
    await eventually(
      async () => {
        const [status] = await eddylineJson<
          readonly { streams: readonly { stream: string; groups: readonly { lag: number; members: number }[] }[] }[]
        >(['status', pipeline]);
        const events = status?.streams.find(({ stream }) => stream === 'events');
        expect(events?.groups[0]).toMatchObject({ service: 'validation', members: 1 });
      },
      { everyMs: 500 },
    );
  });
});
