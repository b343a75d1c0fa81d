import type { ModelVersion } from '#contracts';
import { parseReferenceRows, type ReferenceRow } from '#platform/artifacts';
import { uniqueName } from '#platform/testing';
import { copyFile, readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eddylineHere as eddyline, eddylineHereJson as eddylineJson } from './eddyline-here.js';
import { fileWith, pipelineFolder } from './run-eddyline.js';

interface Registered {
  readonly known: boolean;
  readonly promoted: boolean;
  readonly version: ModelVersion;
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

const QUICK = ['--trainer', 'linear', '--holdout', '0'];

async function referenceOf({ version: { reference } }: Registered): Promise<readonly ReferenceRow[]> {
  return parseReferenceRows(await readFile(fileURLToPath(reference!.artifactUri)));
}

describe('eddyline models', () => {
  let pipeline: string;
  let data: string;
  let model: string;

  beforeAll(async () => {
    pipeline = uniqueName('models');
    await eddylineJson(['apply', join(await pipelineFolder(pipeline), 'pipeline.yaml')]);
    data = await fileWith('labelled.csv', labelled(600));
    model = join(dirname(data), 'model.onnx');
  });

  it('trains the same file from the same rows', async () => {
    const args = ['train', pipeline, '--from', data, '--label', 'label', '--rows', '500', ...QUICK, '--out', model];
    const first = await eddylineJson<{ sha256: string; metrics: Record<string, number> }>(args);
    expect(first.metrics['train.rows']).toBe(500);
    expect(first.metrics['train.roc_auc']).toBeGreaterThan(0.95);
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

  it('keeps the rows that it was trained on, with its own scores, and what those stand for', async () => {
    const again = await eddylineJson<Registered>(['models', 'register', pipeline, model]);
    const { reference, metadata } = again.version;
    expect(reference!.rows).toBe(500);
    expect(metadata).not.toHaveProperty('eddyline.calibration');
    const { scores, probabilities } = reference!.calibration!;
    expect(scores).toEqual(scores.toSorted((a, b) => a - b));
    expect(probabilities).toEqual(probabilities.toSorted((a, b) => a - b));
    const rows = await referenceOf(again);
    expect(rows).toHaveLength(500);
    expect(rows[1]).toEqual({ features: { amount: 37, hour: 1 }, score: expect.any(Number), label: 0 });
    expect(rows.filter(({ score, label }) => score >= 0.5 === (label === 1)).length).toBeGreaterThan(450);
  });

  it('makes no second version of the same files', async () => {
    for (const more of [[], ['--no-reference']]) {
      const again = await eddylineJson<Registered>(['models', 'register', pipeline, model, ...more]);
      expect(again).toMatchObject({ known: true, version: { version: '1' } });
    }
  });

  it('promotes a version that was only registered, and refuses one that is not there', async () => {
    const other = join(dirname(model), 'other.onnx');
    await eddylineJson([
      'train',
      pipeline,
      '--from',
      data,
      '--label',
      'label',
      '--rows',
      '300',
      ...QUICK,
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

  it('refuses the rows that another model was trained on', async () => {
    const moved = join(dirname(await fileWith('any', '')), 'other.onnx');
    await copyFile(join(dirname(model), 'other.onnx'), moved);
    await copyFile(join(dirname(model), 'model.reference.ndjson.gz'), moved.replace('.onnx', '.reference.ndjson.gz'));
    const refused = await eddyline(['models', 'register', pipeline, moved]);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain('was made by another model: line 1 has the score 0.');
    expect(refused.stderr).toContain('--no-reference');
    expect((await eddylineJson<Registered>(['models', 'register', pipeline, moved, '--no-reference'])).known).toBe(
      true,
    );
  });

  it('says which options belong together', async () => {
    const usage = await eddyline(['models', 'register', pipeline, model, '--label', 'label']);
    expect(usage).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('give both') });
    const column = await eddyline(['models', 'register', pipeline, model, '--reference', data, '--label', 'nothing']);
    expect(column).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('the file has no column nothing') });
  });

  it('says what a file is that is no model', async () => {
    const refused = await eddyline(['models', 'register', pipeline, data]);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).not.toContain('    at ');
  });
});
