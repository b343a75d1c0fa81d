import { createKafka, LogReader } from '#platform/kafka';
import { stack, uniqueName } from '#platform/testing';
import { appliedPipeline, QuarantineStock, type Quarantined, type Replayed } from './quarantine-stock.js';
import { eddyline, eddylineJson, fileWith, WATCHED } from './run-eddyline.js';

type Status = readonly {
  readonly streams: readonly { readonly stream: string; readonly groups: readonly { readonly service: string }[] }[];
  readonly logged: object;
}[];

interface Doctor {
  readonly checks: readonly { readonly part: string; readonly severity: string; readonly subject: string }[];
}

/** Keys and sizes of what lies on a topic. */
async function keysOn(topic: string): Promise<readonly string[]> {
  const log = new LogReader(createKafka({ brokers: stack().kafkaBrokers.split(','), clientId: uniqueName('test') }));
  const keys: string[] = [];
  try {
    for (const { partition, low } of await log.ends(topic)) {
      for await (const records of log.read(topic, partition, low)) keys.push(...records.map(({ key }) => String(key)));
    }
    return keys.sort();
  } finally {
    await log.close();
  }
}

describe('a pipeline whose labels come back', () => {
  let watched: string;
  let plain: string;

  beforeAll(async () => {
    [watched, plain] = await Promise.all([
      appliedPipeline('labels', (yaml) => `${yaml}${WATCHED}`),
      appliedPipeline('plain'),
    ]);
  });

  it('has its topics, tables and view, and no others have them', async () => {
    const streams = async (name: string) =>
      (await eddylineJson<Status>(['status', name]))[0]!.streams.map(({ stream }) => stream);
    expect(await streams(plain)).toEqual(['events', 'validated', 'predictions', 'quarantine']);
    expect(await streams(watched)).toEqual([
      ...(await streams(plain)),
      'labels',
      'label-retries',
      'outcomes',
      'alerts',
    ]);
    const { checks } = await eddylineJson<Doctor>(['doctor', watched], 1).catch(() =>
      eddylineJson<Doctor>(['doctor', watched]),
    );
    const wellOf = (part: string) =>
      checks.filter((check) => check.part === part && check.severity === 'ok').map(({ subject }) => subject);
    const database = watched.replaceAll('-', '_');
    expect(wellOf('tables')).toEqual(
      expect.arrayContaining(
        [
          'predictions',
          'quarantine',
          'outcome_revisions',
          'outcomes_latest',
          'outcomes',
          'model_reference',
          'monitor_results',
          'monitor_ticks',
          'alerts',
        ].map((table) => `${database}.${table}`),
      ),
    );
    expect(wellOf('schema registry')).toEqual(
      expect.arrayContaining(['labels', 'label-retries', 'outcomes', 'alerts'].map((at) => `${watched}.${at}-value`)),
    );
    expect(wellOf('topics')).toEqual(
      expect.arrayContaining(['labels', 'label-retries', 'outcomes', 'alerts'].map((at) => `${watched}.${at}`)),
    );
    expect(checks.filter(({ part }) => part === 'services').map(({ subject }) => subject)).toContain(
      `feedback of ${watched}`,
    );
  });

  it('shows in its status what came back', async () => {
    const [status] = await eddylineJson<Status>(['status', watched]);
    expect(status!.logged).toEqual({
      ok: true,
      predictions: 0,
      events: 0,
      quarantined: 0,
      labels: 0,
      outcomes: 0,
      firing: 0,
    });
    const labels = status!.streams.find(({ stream }) => stream === 'labels')!;
    expect(labels.groups).toMatchObject([{ service: 'feedback' }]);
    const { stdout } = await eddyline(['status', watched]);
    expect(stdout).toContain('labelled       0 events, by 0 labels');
    expect(stdout).toContain('alerts         none fire');
    expect((await eddyline(['status', plain])).stdout).not.toMatch(/labelled|alerts/);
  });

  it('takes the rows of a file as labels, typed by their schema, and refuses what the join would refuse', async () => {
    const file = await fileWith(
      'labels.csv',
      [
        'payment,fraud,known_at,note',
        'p-1,true,2026-01-02T00:00:00Z,x',
        'p-2,false,1767312000000,x',
        'p-3,maybe,2026-01-02T00:00:00Z,x',
        ',true,2026-01-02T00:00:00Z,x',
        'p-5,true,9999999999999999,x',
      ].join('\n'),
    );
    const run = await eddyline(['publish', watched, file, '--as', 'labels', '--json']);
    expect(run.exitCode).toBe(1);
    expect(JSON.parse(run.stdout)).toMatchObject({
      topic: `${watched}.labels`,
      published: 2,
      rejected: 3,
      labelsPerSecond: expect.any(Number),
    });
    expect(run.stderr).toContain(`${file}:4: fraud: must be`);
    expect(run.stderr).toContain(`${file}:5: payment is empty`);
    expect(run.stderr).toContain(`${file}:6: `);
    expect(run.stderr).toContain('left out, as the label schema does not have them: note');
    expect(await keysOn(`${watched}.labels`)).toEqual(['p-1', 'p-2']);
  });

  it('says that a pipeline has no labels, and which column is missing', async () => {
    const file = await fileWith('short.csv', 'payment,known_at\np-1,2026-01-02T00:00:00Z\n');
    const none = await eddyline(['publish', plain, file, '--as', 'labels']);
    expect(none.exitCode).toBe(1);
    expect(none.stderr).toContain(`${plain} has no labels; declare them in its pipeline file`);
    const short = await eddyline(['publish', watched, file, '--as', 'labels']);
    expect(short.exitCode).toBe(1);
    expect(short.stderr).toContain(`no column for fraud, which the label schema of ${watched} needs`);
  });

  it('puts labels back that were given up', async () => {
    const stock = new QuarantineStock(watched);
    await stock.fill(4, { to: 'labels' });
    await stock.close();
    const listed = await eddylineJson<Quarantined>(['quarantine', 'list', watched]);
    expect(listed.records.map(({ origin }) => origin.topic)).toEqual(Array(4).fill(`${watched}.labels`));
    const shown = await eddylineJson<object>(['quarantine', 'show', watched, listed.records[0]!.id]);
    expect(shown).toMatchObject({ label: { ok: false } });
    expect(shown).not.toHaveProperty('event');
    const before = await keysOn(`${watched}.labels`);
    const replayed = await eddylineJson<Replayed>(['quarantine', 'replay', watched, '--stage', 'feedback']);
    expect(replayed).toMatchObject({ ok: true, replayed: 4 });
    expect(await keysOn(`${watched}.labels`)).toHaveLength(before.length + 4);
  });
});
