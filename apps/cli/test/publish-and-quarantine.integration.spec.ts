import { createKafka, LogReader } from '#platform/kafka';
import { eventually, stack, testKafka, uniqueName } from '#platform/testing';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { writeFile } from 'node:fs/promises';
import {
  buildEddyline,
  eddyline,
  eddylineJson,
  fileWith,
  pipelineFolder,
  spawnEddyline,
  stackEnvironment,
} from './run-eddyline.js';

interface Published {
  readonly ok: boolean;
  readonly read: number;
  readonly published: number;
  readonly rejected: number;
  readonly nextRow: number;
}
interface Quarantined {
  readonly total: number;
  readonly records: readonly {
    readonly id: string;
    readonly reason: string;
    readonly attempt: number;
    readonly origin: { readonly topic: string };
  }[];
}
interface Replayed {
  readonly replayed: number;
  readonly alreadyReplayed: number;
}

const BASE_MS = Date.UTC(2026, 0, 1);
const CSV_HEADER = 'id,customer,at,amount,hour,label';

function csvRow(index: number, amount: number | string = 10): string {
  return `p-${index},c-${index % 7},${new Date(BASE_MS + index * 1_000).toISOString()},${amount},${index % 24},${index % 2}`;
}

async function appliedPipeline(prefix: string): Promise<string> {
  const name = uniqueName(prefix);
  await eddylineJson(['apply', join(await pipelineFolder(name), 'pipeline.yaml')]);
  return name;
}

async function endOf(topic: string): Promise<number> {
  const admin = testKafka().admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  return offsets.reduce((sum, { high }) => sum + Number(high), 0);
}

async function traceparentsOn(topic: string): Promise<readonly string[]> {
  const log = new LogReader(createKafka({ brokers: stack().kafkaBrokers.split(','), clientId: uniqueName('test') }));
  const found: string[] = [];
  try {
    for (const { partition, low } of await log.ends(topic)) {
      for await (const records of log.read(topic, partition, low)) {
        for (const { headers, key } of records) {
          const context = headers['traceparent'];
          if (context !== undefined && key?.toString() === 'traced') found.push(context.toString());
        }
      }
    }
    return found;
  } finally {
    await log.close();
  }
}

describe('eddyline publish', () => {
  let pipeline: string;

  beforeAll(async () => {
    await buildEddyline();
    pipeline = await appliedPipeline('publish');
  });

  it('publishes a gzipped CSV file as Avro events and leaves out columns that the schema does not have', async () => {
    const rows = Array.from({ length: 1_500 }, (_, index) => csvRow(index));
    const file = await fileWith('payments.csv.gz', '');
    await writeFile(file, gzipSync([CSV_HEADER, ...rows].join('\n')));
    const before = await endOf(`${pipeline}.events`);
    const run = await eddyline(['publish', pipeline, file, '--json']);
    expect(JSON.parse(run.stdout)).toMatchObject({ ok: true, read: 1_500, published: 1_500, rejected: 0 });
    expect(run.stderr).toContain('left out, as the event schema does not have them: label');
    expect(await endOf(`${pipeline}.events`)).toBe(before + 1_500);
  });

  it('reports rows that are no events by their line and publishes the others', async () => {
    const file = await fileWith('bad.csv', [CSV_HEADER, csvRow(1), csvRow(2, 'much'), 'p-3,c', csvRow(4)].join('\n'));
    const run = await eddyline(['publish', pipeline, file, '--json']);
    expect(run.exitCode).toBe(1);
    expect(JSON.parse(run.stdout)).toMatchObject({ ok: false, read: 4, published: 2, rejected: 2 });
    expect(run.stderr).toContain(`${file}:3: amount: must be a number, not "much"`);
    expect(run.stderr).toContain(`${file}:4: 2 values for 6 columns`);
  });

  it('refuses a file without a needed column before it publishes anything', async () => {
    const file = await fileWith('short.csv', 'id,customer,at,hour\np-1,c-1,2026-01-01T00:00:00Z,3\n');
    const before = await endOf(`${pipeline}.events`);
    const run = await eddyline(['publish', pipeline, file]);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('no column for amount');
    expect(await endOf(`${pipeline}.events`)).toBe(before);
  });

  it('reads NDJSON from stdin, from a row on, up to a limit, at a rate', async () => {
    const lines = Array.from({ length: 50 }, (_, index) =>
      JSON.stringify({ id: `n-${index}`, customer: 'c', at: BASE_MS + index, amount: 1, hour: 2 }),
    );
    const args = ['publish', pipeline, '-', '--from-row', '11', '--limit', '20', '--rate', '100/s', '--json'];
    const run = await eddyline(args, { stdin: lines.join('\n') });
    const result = JSON.parse(run.stdout) as Published & { elapsedMs: number };
    expect(result).toMatchObject({ ok: true, read: 20, published: 20, nextRow: 31 });
    expect(result.elapsedMs).toBeGreaterThanOrEqual(140);
  });

  it('passes the trace of its caller on', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const file = await fileWith('one.csv', [CSV_HEADER, csvRow(900)].join('\n'));
    await eddylineJson([
      'publish',
      pipeline,
      file,
      '--traceparent',
      `00-${traceId}-00f067aa0ba902b7-01`,
      '--key',
      'traced',
    ]);
    const contexts = await traceparentsOn(`${pipeline}.events`);
    expect(contexts).toHaveLength(1);
    expect(contexts[0]).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
    // The event hangs below its own `send` span, not below the caller's.
    expect(contexts[0]).not.toContain('00f067aa0ba902b7');
  });

  it('stops cleanly at Ctrl-C and says where to go on', async () => {
    const file = await fileWith(
      'long.csv',
      [CSV_HEADER, ...Array.from({ length: 5_000 }, (_, index) => csvRow(index))].join('\n'),
    );
    const before = await endOf(`${pipeline}.events`);
    const child = spawnEddyline(['publish', pipeline, file, '--rate', '200/s', '--json']);
    let stdout = '';
    let stderr = '';
    child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    await eventually(async () => (await endOf(`${pipeline}.events`)) > before);
    child.kill('SIGINT');
    const [exitCode] = (await once(child, 'close')) as [number];
    expect(exitCode).toBe(1);
    const result = JSON.parse(stdout) as Published;
    expect(result).toMatchObject({ end: 'interrupted', nextRow: result.published + 1 });
    expect(await endOf(`${pipeline}.events`)).toBe(before + result.published);
    expect(stderr).toContain(`--from-row ${result.nextRow}`);
  });
});

describe('eddyline quarantine', () => {
  let pipeline: string;
  let services: ChildProcess;
  let servicesLog: () => string;

  beforeAll(async () => {
    await buildEddyline();
    pipeline = await appliedPipeline('quarantine');
    const env = { ...stackEnvironment(), EDDYLINE_PIPELINES: pipeline };
    services = spawnEddyline(['services', '--only', 'validation', '--free-ports', '--json'], env);
    servicesLog = readAll(services);
    await eventually(() => servicesLog().includes('"phase":"ready"'), { timeoutMs: 60_000 });
    const rows = [csvRow(1), csvRow(2, 5_000), csvRow(3), csvRow(4, -1)];
    const file = await fileWith('mixed.csv', [CSV_HEADER, ...rows].join('\n'));
    await eddylineJson<Published>(['publish', pipeline, file]);
    await eventually(async () => (await list()).total === 2, { timeoutMs: 30_000, everyMs: 500 });
  }, 120_000);

  afterAll(async () => {
    const ended = services.exitCode === null ? once(services, 'close') : undefined;
    services.kill('SIGINT');
    await ended;
    // Whatever ended it before, its log says why.
    expect({ exitCode: services.exitCode, log: servicesLog() }).toMatchObject({ exitCode: 0 });
  });

  async function list(...options: string[]): Promise<Quarantined> {
    return eddylineJson<Quarantined>(['quarantine', 'list', pipeline, ...options]);
  }

  it('lists what was set aside, by reason and stage', async () => {
    const all = await list();
    expect(all.records.map(({ reason, attempt }) => ({ reason, attempt }))).toEqual([
      { reason: 'range', attempt: 1 },
      { reason: 'range', attempt: 1 },
    ]);
    expect(all.records[0]?.origin.topic).toBe(`${pipeline}.events`);
    expect((await list('--reason', 'late')).total).toBe(0);
    expect((await list('--stage', 'validation', '--limit', '1')).records).toHaveLength(1);
    expect((await list('--since', '2100-01-01T00:00:00Z')).total).toBe(0);
  });

  it('shows a record with its reason, bytes and what it says', async () => {
    const { id } = (await list()).records[0]!;
    const run = await eddyline(['quarantine', 'show', pipeline, id]);
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toContain('validation: range');
    expect(run.stdout).toMatch(/00000000 {2}00 /);
    expect(run.stdout).toMatch(/"amount": (5000|-1)/);
    const missing = await eddyline(['quarantine', 'show', pipeline, '0-99999']);
    expect(missing.exitCode).toBe(1);
    expect(missing.stderr).toContain('has no record 0-99999');
  });

  it('replays a record once, even when it is asked twice, and again only when told to', async () => {
    const { id } = (await list()).records[0]!;
    const before = await endOf(`${pipeline}.events`);
    expect(await eddylineJson(['quarantine', 'replay', pipeline, '--id', id, '--dry-run'])).toMatchObject({
      ids: [id],
    });
    expect(await endOf(`${pipeline}.events`)).toBe(before);

    expect(await eddylineJson<Replayed>(['quarantine', 'replay', pipeline, '--id', id])).toMatchObject({ replayed: 1 });
    expect(await endOf(`${pipeline}.events`)).toBe(before + 1);
    // It is as bad as before: validation sets it aside again, as the second attempt.
    await eventually(async () => (await list()).records.some(({ attempt }) => attempt === 2), { everyMs: 500 });

    const twice = await eddylineJson<Replayed>(['quarantine', 'replay', pipeline, '--id', id]);
    expect(twice).toMatchObject({ replayed: 0, alreadyReplayed: 1 });
    expect(await endOf(`${pipeline}.events`)).toBe(before + 1);
    expect(await eddylineJson<Replayed>(['quarantine', 'replay', pipeline, '--id', id, '--again'])).toMatchObject({
      replayed: 1,
    });
  });

  it('wants to be told which records', async () => {
    const run = await eddyline(['quarantine', 'replay', pipeline]);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain('say which records');
  });

  it('tells in its status what validation has read', async () => {
    await eventually(
      async () => {
        const [status] = await eddylineJson<
          readonly { streams: readonly { stream: string; groups: readonly { lag: number; members: number }[] }[] }[]
        >(['status', pipeline]);
        const events = status?.streams.find(({ stream }) => stream === 'events');
        expect(events?.groups[0]).toEqual({ service: 'validation', lag: 0, members: 1 });
      },
      { everyMs: 500 },
    );
  });
});

/** What a child has said so far, on both streams. */
function readAll(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return () => text;
}
