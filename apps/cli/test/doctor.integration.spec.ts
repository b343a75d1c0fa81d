import { stack, testClickHouse, testKafka, uniqueName, eventually } from '#platform/testing';
import type { ClickHouseClient } from '@clickhouse/client';
import { ConfigResourceTypes, type Admin } from 'kafkajs';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  eddyline,
  eddylineJson,
  fileWith,
  pipelineFolder,
  spawnEddyline,
  stackEnvironment,
  type Run,
} from './run-eddyline.js';

interface Check {
  readonly part: string;
  readonly subject: string;
  readonly severity: 'ok' | 'warn' | 'fail';
  readonly message: string;
  readonly actual?: string;
  readonly expected?: string;
  readonly cure?: string;
}
interface Examination {
  readonly ok: boolean;
  readonly tookMs: number;
  readonly pipelines: readonly { readonly name: string; readonly revision: number }[];
  readonly skipped: readonly { readonly what: string; readonly until: string }[];
  readonly checks: readonly Check[];
}

const LABELLED = [
  'id,customer,at,amount,hour,label',
  ...Array.from({ length: 200 }, (_, row) => {
    const amount = (row * 37) % 100;
    return `p-${row},c-1,2026-01-01T00:00:00Z,${amount},${row % 24},${amount > 50 ? 1 : 0}`;
  }),
].join('\n');

/** A pipeline in force, with a champion. Answers where the champion's file lies. */
async function aPipelineInService(name: string): Promise<string> {
  await eddylineJson(['apply', join(await pipelineFolder(name), 'pipeline.yaml')]);
  const data = await fileWith('labelled.csv', LABELLED);
  const train = ['train', name, '--from', data, '--label', 'label', '--trainer', 'linear', '--register'];
  const { version } = await eddylineJson<{ version: { artifactUri: string } }>(train);
  return version.artifactUri;
}

function examinationIn({ stdout, stderr }: Run): Examination {
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Examination;
}

function wrongIn({ checks }: Examination): readonly Check[] {
  return checks.filter(({ severity }) => severity !== 'ok');
}

describe('eddyline doctor', () => {
  let admin: Admin;
  let clickhouse: ClickHouseClient;

  beforeAll(async () => {
    clickhouse = testClickHouse();
    admin = testKafka().admin();
    await admin.connect();
  });

  afterAll(async () => {
    await admin.disconnect();
    await clickhouse.close();
  });

  describe('where all is well', () => {
    const name = uniqueName('well');
    let services: ChildProcess;

    beforeAll(async () => {
      await aPipelineInService(name);
      const only = ['--free-ports', '--only', 'validation,inference,monitoring'];
      services = spawnEddyline(['services', ...only], { ...stackEnvironment(), EDDYLINE_PIPELINES: name });
      services.stdout?.resume();
      services.stderr?.resume();
    });

    afterAll(async () => {
      const gone = once(services, 'exit');
      services.kill('SIGTERM');
      await gone;
    });

    it('finds nothing, looks at every part, and ends with 0', async () => {
      const found = await eventually(async () => {
        const examination = examinationIn(await eddyline(['doctor', name, '--json']));
        expect(wrongIn(examination)).toEqual([]);
        return examination;
      });
      expect(found).toMatchObject({ ok: true, pipelines: [{ name, revision: 1 }], skipped: [] });
      expect([...new Set(found.checks.map(({ part }) => part))].sort()).toEqual([
        'artifacts',
        'clickhouse',
        'kafka',
        'pipelines',
        'schema registry',
        'services',
        'tables',
        'topics',
      ]);
      expect(found.checks.filter(({ part }) => part === 'services').map(({ message }) => message)).toEqual([
        '1 member, lag 0',
        '1 member, lag 0',
        '1 member, lag 0',
      ]);
      // One replica is all that one broker can keep.
      expect(found.checks.find(({ subject }) => subject === `${name}.events`)).toMatchObject({
        message: '2 partitions, 1 replica on the only broker, kept 1d',
      });
      expect(found.checks.find(({ subject }) => subject.startsWith('clock of broker'))?.message).toMatch(
        /^within \d+ ms of this machine's$/,
      );

      const shown = await eddyline(['doctor', name]);
      expect(shown.exitCode).toBe(0);
      expect(shown.stdout).toContain('✓ all well');
      expect(shown.stdout).not.toContain('What to do');
    });
  });

  describe('where much is broken', () => {
    const name = uniqueName('ill');
    const database = name.replaceAll('-', '_');
    let found: Examination;
    let run: Run;

    beforeAll(async () => {
      const artifact = await aPipelineInService(name);
      await writeFile(fileURLToPath(artifact), 'not what was registered');
      await loseRecordsUnread(name);
      await shortenRetention(`${name}.events`);
      await admin.deleteTopics({ topics: [`${name}.predictions`] });
      await clickhouse.command({ query: `ALTER TABLE ${database}.predictions DROP COLUMN feature_hour` });
      await clickhouse.command({
        query: `ALTER TABLE ${database}.quarantine MODIFY SETTING non_replicated_deduplication_window = 0`,
      });
      await registry('DELETE', `/subjects/${name}.validated-value`);
      await registry('PUT', `/config/${name}.events-value`, { compatibility: 'NONE' });
      run = await eddyline(['doctor', name, '--json']);
      found = examinationIn(run);
    });

    /** Five records on one partition; validation stands at the first, and the log begins at the third. */
    async function loseRecordsUnread(pipeline: string): Promise<void> {
      const topic = `${pipeline}.events`;
      const producer = testKafka().producer();
      await producer.connect();
      const messages = Array.from({ length: 5 }, () => ({ value: 'event', partition: 0 }));
      await producer.send({ topic, messages });
      await producer.disconnect();
      const groupId = `eddyline.validation.${pipeline}`;
      await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '0' }] });
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2' }] });
    }

    async function shortenRetention(topic: string): Promise<void> {
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }],
      });
      const own = resources[0]!.configEntries.filter(({ configSource }) => Number(configSource) === 1);
      const kept = own.map(({ configName, configValue }) => ({ name: configName, value: configValue }));
      const configEntries = [
        ...kept.filter(({ name: entry }) => entry !== 'retention.ms'),
        { name: 'retention.ms', value: '600000' },
      ];
      await admin.alterConfigs({
        validateOnly: false,
        resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }],
      });
    }

    async function registry(method: string, path: string, body?: object): Promise<void> {
      const response = await fetch(stack().schemaRegistryUrl + path, {
        method,
        headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
        ...(body && { body: JSON.stringify(body) }),
      });
      expect(response.status).toBe(200);
    }

    function checkOf(subject: string, severity: Check['severity']): Check | undefined {
      return found.checks.find((check) => check.subject === subject && check.severity === severity);
    }

    it('ends with 1, and names exactly what was broken', () => {
      expect(run.exitCode).toBe(1);
      expect(found.ok).toBe(false);
      expect(
        wrongIn(found)
          .map(({ subject, severity }) => `${severity} ${subject}`)
          .sort(),
      ).toEqual(
        [
          `fail ${name} version 1`,
          `fail ${name}.events`,
          `fail ${name}.predictions`,
          `fail ${name}.validated-value`,
          `fail ${database}.predictions.feature_hour`,
          `fail ${database}.quarantine`,
          `fail validation ← ${name}.events`,
          `warn ${name}.events-value`,
          `warn inference of ${name}`,
          `warn monitoring of ${name}`,
          `warn validation of ${name}`,
          `warn validation ← ${name}.events`,
        ].sort(),
      );
    });

    it('says what is, what was wanted, and what to do', () => {
      const apply = `eddyline apply pipelines/${name}/pipeline.yaml`;
      expect(checkOf(`${name}.events`, 'fail')).toMatchObject({
        actual: 'retention.ms 10m',
        expected: '1d',
        cure: apply,
      });
      expect(checkOf(`${name}.predictions`, 'fail')).toMatchObject({ actual: 'missing', cure: apply });
      expect(checkOf(`${name}.validated-value`, 'fail')).toMatchObject({ actual: 'missing', cure: apply });
      expect(checkOf(`${name}.events-value`, 'warn')).toMatchObject({
        actual: 'compatibility NONE',
        expected: 'BACKWARD',
        cure: expect.stringContaining(`/config/${name}.events-value`) as string,
      });
      expect(checkOf(`${database}.predictions.feature_hour`, 'fail')).toMatchObject({ actual: 'missing', cure: apply });
      expect(checkOf(`${database}.quarantine`, 'fail')).toMatchObject({
        actual: 'non_replicated_deduplication_window 0',
        expected: '10000',
        cure: expect.stringContaining(`ALTER TABLE ${database}.quarantine MODIFY SETTING`) as string,
      });
      expect(checkOf(`${name} version 1`, 'fail')).toMatchObject({
        message: expect.stringContaining('is corrupted: its sha256 is') as string,
        cure: expect.stringContaining(`eddyline models register ${name}`) as string,
      });
      expect(checkOf(`validation ← ${name}.events`, 'fail')).toMatchObject({
        message: expect.stringContaining('up to 2 records were deleted before validation had read them') as string,
        actual: 'partition 0: next 0, first kept 2',
      });
      expect(checkOf(`validation ← ${name}.events`, 'warn')).toMatchObject({ actual: 'partition 0: no metadata' });
    });

    it('shows it to a person, one cure for all that it mends', async () => {
      const shown = await eddyline(['doctor', name]);
      expect(shown.exitCode).toBe(1);
      for (const { subject } of wrongIn(found)) expect(shown.stdout).toContain(subject);
      expect(shown.stdout.split(`✗ eddyline apply pipelines/${name}/pipeline.yaml`)).toHaveLength(2);
      expect(shown.stdout).not.toContain('\u001b');
    });

    it('is mended by what it says', async () => {
      const lost = new Set([`${name} version 1`, `validation ← ${name}.events`, `${database}.quarantine`]);
      await eddylineJson(['apply', join(await pipelineFolder(name), 'pipeline.yaml')]);
      const after = examinationIn(await eddyline(['doctor', name, '--json']));
      const failing = after.checks.filter(({ severity }) => severity === 'fail').map(({ subject }) => subject);
      expect(new Set(failing)).toEqual(lost);
    });
  });

  it('says that the password of ClickHouse is wrong, without showing one, and looks at the rest', async () => {
    const name = uniqueName('locked');
    await eddylineJson(['apply', join(await pipelineFolder(name), 'pipeline.yaml')]);
    const url = new URL(stack().clickhouseUrl);
    const right = url.password;
    url.password = 'a-wrong-one';
    const run = await eddyline(['doctor', name, '--json'], {
      env: { ...stackEnvironment(), CLICKHOUSE_URL: url.toString() },
    });
    const found = examinationIn(run);
    expect(run.exitCode).toBe(1);
    expect(found.checks.filter(({ severity }) => severity === 'fail')).toMatchObject([
      { part: 'clickhouse', message: 'it refuses user eddyline: unknown, or another password' },
    ]);
    expect(found.skipped).toEqual([{ what: 'the tables of the pipelines', until: 'ClickHouse answers' }]);
    expect(found.checks.filter(({ part, severity }) => part === 'topics' && severity === 'ok').length).toBeGreaterThan(
      4,
    );
    expect(run.stdout).not.toContain('a-wrong-one');
    expect(run.stdout).not.toContain(right);
  });

  it('tells who may read but not write', async () => {
    const name = uniqueName('reader');
    await eddylineJson(['apply', join(await pipelineFolder(name), 'pipeline.yaml')]);
    const run = await eddyline(['doctor', name, '--json'], {
      env: { ...stackEnvironment(), CLICKHOUSE_URL: stack().clickhouseAnalystUrl },
    });
    const found = examinationIn(run);
    expect(found.checks.filter(({ severity }) => severity === 'fail')).toMatchObject(
      // What all pipelines share, and its own.
      ['eddyline', name.replaceAll('-', '_')].map((database) => ({
        part: 'tables',
        subject: database,
        message: 'user analyst may not INSERT, CREATE TABLE, ALTER ADD COLUMN: the log cannot be written or read',
        cure: `GRANT INSERT, CREATE TABLE, ALTER ADD COLUMN ON ${database}.* TO analyst`,
      })),
    );
  });

  it('names a pipeline that is not in force', async () => {
    const run = await eddyline(['doctor', 'no-such-pipeline', '--json']);
    expect(run.exitCode).toBe(1);
    expect(wrongIn(examinationIn(run))).toMatchObject([
      {
        part: 'pipelines',
        subject: 'no-such-pipeline',
        cure: 'eddyline apply pipelines/no-such-pipeline/pipeline.yaml',
      },
    ]);
  });

  it('names every part that has no address, and the way out', async () => {
    const { exitCode, stdout } = await eddyline(['doctor'], { env: {} });
    expect(exitCode).toBe(1);
    for (const variable of ['KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'CLICKHOUSE_URL', 'EDDYLINE_ARTIFACTS']) {
      expect(stdout).toContain(`✗ ${variable}`);
    }
    expect(stdout).toContain('start the local stack (eddyline stack)');
  });

  it('names every address at which nothing answers', async () => {
    const gone = {
      KAFKA_BROKERS: '127.0.0.1:1,127.0.0.1:2',
      SCHEMA_REGISTRY_URL: 'http://user:secret@127.0.0.1:1',
      CLICKHOUSE_URL: 'http://user:secret@127.0.0.1:1',
      EDDYLINE_ARTIFACTS: 'file:///nowhere/artifacts',
    };
    const run = await eddyline(['doctor', '--json'], { env: gone });
    const found = examinationIn(run);
    expect(run.exitCode).toBe(1);
    expect(wrongIn(found).map(({ part, subject }) => `${part} ${subject}`)).toEqual([
      'kafka 127.0.0.1:1',
      'kafka 127.0.0.1:2',
      'schema registry http://127.0.0.1:1',
      'clickhouse http://127.0.0.1:1',
    ]);
    expect(run.stdout + run.stderr).not.toContain('secret');
  });
});
