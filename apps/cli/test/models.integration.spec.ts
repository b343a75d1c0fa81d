import { uniqueName } from '#platform/testing';
import { readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildEddyline, eddyline, eddylineJson, fileWith, pipelineFolder } from './run-eddyline.js';

interface Registered {
  readonly known: boolean;
  readonly promoted: boolean;
  readonly version: { readonly version: string; readonly sha256: string; readonly artifactUri: string };
}
interface Listed {
  readonly version: string;
  readonly serves: boolean;
  readonly since: string | null;
}

/** Amounts above 50 are positive, with some noise by the hour: something to learn. */
function labelled(rows: number): string {
  const lines = Array.from({ length: rows }, (_, index) => {
    const amount = (index * 37) % 100;
    const hour = index % 24;
    const label = amount + (hour - 12) > 50 ? 1 : 0;
    return `p-${index},c-1,2026-01-01T00:00:00Z,${amount},${hour},${label}`;
  });
  return ['id,customer,at,amount,hour,label', ...lines].join('\n');
}

describe('eddyline models', () => {
  let pipeline: string;
  let data: string;
  let model: string;

  beforeAll(async () => {
    await buildEddyline();
    pipeline = uniqueName('models');
    await eddylineJson(['apply', join(await pipelineFolder(pipeline), 'pipeline.yaml')]);
    data = await fileWith('labelled.csv', labelled(600));
    model = join(dirname(data), 'model.onnx');
  });

  it('trains the same file from the same rows', async () => {
    const args = ['models', 'train', pipeline, '--from', data, '--label', 'label', '--rows', '500', '--out', model];
    const first = await eddylineJson<{ sha256: string; metrics: { rows: number; rocAuc: number } }>(args);
    expect(first.metrics.rows).toBe(500);
    expect(first.metrics.rocAuc).toBeGreaterThan(0.95);
    expect((await eddylineJson<{ sha256: string }>(args)).sha256).toBe(first.sha256);
    expect(
      createHash('sha256')
        .update(await readFile(model))
        .digest('hex'),
    ).toBe(first.sha256);
  });

  it('registers a model, stores it by its content, and lets it serve', async () => {
    const registered = await eddylineJson<Registered>([
      'models',
      'register',
      pipeline,
      model,
      '--description',
      'first',
    ]);
    expect(registered).toMatchObject({ known: false, promoted: true, version: { version: '1' } });
    const stored = await readFile(fileURLToPath(registered.version.artifactUri));
    expect(createHash('sha256').update(stored).digest('hex')).toBe(registered.version.sha256);
    expect(await eddylineJson<Listed[]>(['models', 'list', pipeline])).toMatchObject([{ version: '1', serves: true }]);
  });

  it('makes no second version of the same file', async () => {
    const again = await eddylineJson<Registered>(['models', 'register', pipeline, model]);
    expect(again).toMatchObject({ known: true, version: { version: '1' } });
  });

  it('promotes a version that was only registered, and refuses one that is not there', async () => {
    const other = join(dirname(model), 'other.onnx');
    await eddylineJson([
      'models',
      'train',
      pipeline,
      '--from',
      data,
      '--label',
      'label',
      '--rows',
      '300',
      '--out',
      other,
    ]);
    const second = await eddylineJson<Registered>(['models', 'register', pipeline, other, '--no-promote']);
    expect(second).toMatchObject({ promoted: false, version: { version: '2' } });
    expect((await eddylineJson<Listed[]>(['models', 'list', pipeline])).map(({ serves }) => serves)).toEqual([
      true,
      false,
    ]);

    await eddylineJson(['models', 'promote', pipeline, '2', '--reason', 'test']);
    expect((await eddylineJson<Listed[]>(['models', 'list', pipeline])).map(({ serves }) => serves)).toEqual([
      false,
      true,
    ]);
    const missing = await eddyline(['models', 'promote', pipeline, '9']);
    expect(missing.exitCode).toBe(1);
    expect(missing.stderr).toContain('no model version 9 (registered: 1, 2)');
  });

  it('refuses a model that does not fit, names both sides, and registers nothing', async () => {
    const wide = uniqueName('wide');
    const folder = await pipelineFolder(wide, {
      yaml: (text) => text.replace('[amount, hour]', '[amount, hour, { name: twice, cel: "event.amount * 2.0" }]'),
    });
    await eddylineJson(['apply', join(folder, 'pipeline.yaml')]);
    const refused = await eddyline(['models', 'register', wide, model]);
    expect(refused.exitCode).toBe(1);
    expect(refused.stdout).toBe('');
    expect(refused.stderr).toContain(`does not fit the pipeline ${wide}; nothing was registered`);
    expect(refused.stderr).toContain('the model wants features float32 [rows, 2], 2 features');
    expect(refused.stderr).toContain('the pipeline gives 3 (amount, hour, twice)');
    expect(await eddylineJson(['models', 'list', wide])).toEqual([]);
  });

  it('says what a file is that is no model', async () => {
    const refused = await eddyline(['models', 'register', pipeline, data]);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).not.toContain('    at ');
  });
});
