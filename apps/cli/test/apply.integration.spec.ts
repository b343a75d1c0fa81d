import { testClickHouse, testKafka, uniqueName } from '#platform/testing';
import { join } from 'node:path';
import { eddyline, eddylineJson, EVENT_SCHEMA, pipelineFolder } from './run-eddyline.js';

interface Applied {
  readonly ok: boolean;
  readonly applied: boolean;
  readonly pipelines: readonly {
    readonly revision: number;
    readonly steps: readonly { readonly kind: string; readonly description: string }[];
    readonly refusals: readonly { readonly what: string }[];
  }[];
}

const CHANGED_AMOUNT = {
  ...EVENT_SCHEMA,
  fields: EVENT_SCHEMA.fields.map((field) => (field.name === 'amount' ? { ...field, type: 'string' } : field)),
};

describe('eddyline validate and apply', () => {
  it('reports every error of a file at once, with its place and a caret', async () => {
    const folder = await pipelineFolder('fraud', {
      yaml: (text) => text.replace('min: 0', 'min: nothing').replace('features: [amount, hour]', 'features: [amuont]'),
    });
    const run = await eddyline(['validate', join(folder, 'pipeline.yaml')]);
    expect(run.exitCode).toBe(1);
    expect(run.stdout).toBe('');
    expect(run.stderr).toMatch(/pipeline\.yaml:4:\d+: expect\[0\]\.min/);
    expect(run.stderr).toMatch(/^ {2}4 \| {3}- \{ field: amount, min: nothing/m);
    expect(run.stderr).toMatch(/^ {4}\| +\^$/m);
  });

  it('ends with 2 when it is called wrongly, and with 1 when a file is missing', async () => {
    expect((await eddyline(['validate'])).exitCode).toBe(2);
    expect((await eddyline(['aply'])).stderr).toContain('Did you mean apply?');
    const missing = await eddyline(['validate', '/nowhere/pipeline.yaml']);
    expect(missing).toMatchObject({ exitCode: 1, stdout: '' });
    expect(missing.stderr).toContain('cannot read the pipeline file /nowhere/pipeline.yaml');
  });

  it('names the ways out when there is no stack, and when nothing answers', async () => {
    const nothing = await eddyline(['status'], { env: {} });
    expect(nothing).toMatchObject({ exitCode: 1, stdout: '' });
    expect(nothing.stderr).toContain('eddyline stack');
    expect(nothing.stderr).toContain('KAFKA_BROKERS=…');
    const away = {
      KAFKA_BROKERS: '127.0.0.1:1',
      SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1',
      CLICKHOUSE_URL: 'http://127.0.0.1:1',
    };
    const silent = await eddyline(['status'], { env: away });
    expect(silent.exitCode).toBe(1);
    expect(silent.stderr).toContain('no answer from Kafka at 127.0.0.1:1');
    expect(silent.stderr).not.toContain('    at ');
  });

  it('changes nothing in a dry run, makes everything once, and finds nothing to do the second time', async () => {
    const name = uniqueName('apply');
    const file = join(await pipelineFolder(name), 'pipeline.yaml');
    const admin = testKafka().admin();
    await admin.connect();
    try {
      const dry = await eddylineJson<Applied>(['apply', file, '--dry-run']);
      expect(dry.pipelines[0]?.steps.map(({ kind }) => kind)).toEqual(
        expect.arrayContaining(['topic', 'subject', 'table', 'definition']),
      );
      expect(await admin.listTopics()).not.toContain(`${name}.events`);

      expect(await eddylineJson<Applied>(['apply', file])).toMatchObject({
        ok: true,
        applied: true,
        pipelines: [{ revision: 1 }],
      });
      const topics = await admin.listTopics();
      for (const stream of ['events', 'validated', 'predictions', 'quarantine'])
        expect(topics).toContain(`${name}.${stream}`);
      const clickhouse = testClickHouse();
      const tables = await clickhouse.query({
        query: `SELECT name FROM system.tables WHERE database = '${name.replaceAll('-', '_')}' ORDER BY name`,
        format: 'JSONEachRow',
      });
      expect(await tables.json()).toEqual([{ name: 'predictions' }, { name: 'quarantine' }]);
      await clickhouse.close();

      const again = await eddyline(['apply', file]);
      expect(again).toMatchObject({ exitCode: 0, stdout: `${name}: nothing to do, revision 1 is in force\n` });
    } finally {
      await admin.disconnect();
    }
  });

  it('raises partitions with a warning, counts the revision up, and refuses to lower them', async () => {
    const name = uniqueName('partitions');
    await eddylineJson(['apply', join(await pipelineFolder(name), 'pipeline.yaml')]);
    const more = await pipelineFolder(name, { yaml: (text) => text.replace('partitions: 2', 'partitions: 3') });
    const raised = await eddyline(['apply', join(more, 'pipeline.yaml')]);
    expect(raised.exitCode).toBe(0);
    expect(raised.stdout).toContain(`topic ${name}.events: partitions 2 → 3`);
    expect(raised.stdout).toContain('revision 2 is in force');
    expect(raised.stderr).toContain('keys move to other partitions');
    const fewer = await pipelineFolder(name, { yaml: (text) => text.replace('partitions: 2', 'partitions: 1') });
    const lowered = await eddyline(['apply', join(fewer, 'pipeline.yaml')]);
    expect(lowered.exitCode).toBe(1);
    expect(lowered.stderr).toContain('Kafka cannot lower them');
  });

  it('refuses what would break readers, names it with the cure, and changes nothing', async () => {
    const name = uniqueName('breaking');
    await eddylineJson(['apply', join(await pipelineFolder(name), 'pipeline.yaml')]);
    const folder = await pipelineFolder(name, {
      schema: CHANGED_AMOUNT,
      yaml: (text) =>
        text
          .replace('  - { field: amount, min: 0, max: 1000 }', '  - { field: hour, min: 0 }')
          .replace('features: [amount, hour]', 'features: [hour]'),
    });
    const file = join(folder, 'pipeline.yaml');
    const refused = await eddyline(['apply', file]);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain('refused, nothing was changed');
    expect(refused.stderr).toContain(`${name}.events-value`);
    expect(refused.stderr).toContain('give a changed field a new name');
    expect((await eddylineJson<readonly { revision: number }[]>(['status', name]))[0]?.revision).toBe(1);
  });

  it('applies none of several files when one of them is wrong', async () => {
    const [good, bad] = [uniqueName('good'), uniqueName('bad')];
    const wrong = await pipelineFolder(bad, { yaml: (text) => text.replace('key: customer', 'key: nobody') });
    const run = await eddyline([
      'apply',
      join(await pipelineFolder(good), 'pipeline.yaml'),
      join(wrong, 'pipeline.yaml'),
    ]);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('nothing was changed');
    expect((await eddyline(['status', good])).stderr).toContain(`no pipeline ${good} is in force`);
  });
});
