import { createKafka, LogReader } from '#platform/kafka';
import { eventually, stack, testKafka, uniqueName } from '#platform/testing';
import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { writeFile } from 'node:fs/promises';
import { appliedPipeline } from './quarantine-stock.js';
import { eddyline, eddylineJson, fileWith, spawnEddyline } from './run-eddyline.js';

interface Published {
  readonly ok: boolean;
  readonly read: number;
  readonly published: number;
  readonly rejected: number;
  readonly nextRow: number;
}

const BASE_MS = Date.UTC(2026, 0, 1);
const CSV_HEADER = 'id,customer,at,amount,hour,label';

function csvRow(index: number, amount: number | string = 10): string {
  return `p-${index},c-${index % 7},${new Date(BASE_MS + index * 1_000).toISOString()},${amount},${index % 24},${index % 2}`;
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
