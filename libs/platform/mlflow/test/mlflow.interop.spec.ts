import type { ModelVersion } from '#contracts';
import { exportVersion, fetchVersion, MlflowServer } from '#platform/mlflow';
import { eventually, pythonWith } from '#platform/testing';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const HERE = import.meta.dirname;
const MODEL = join(HERE, '../../onnx/fixtures/binary.onnx');

let folder: string;
let python: string;
let child: ChildProcess;
let uri: string;
let server: MlflowServer;
let onnx: Buffer;

/** A real MLflow server on loopback, which hands its artifacts out itself. */
beforeAll(async () => {
  python = await pythonWith(join(HERE, 'requirements.txt'));
  folder = await mkdtemp(join(tmpdir(), 'eddyline-mlflow-'));
  const port = await freePort();
  uri = `http://127.0.0.1:${port}`;
  const stores = ['--backend-store-uri', `sqlite:///${folder}/mlflow.db`, '--artifacts-destination', join(folder, 'artifacts')];
  const args = ['-m', 'mlflow', 'server', '--host', '127.0.0.1', '--port', String(port), '--workers', '1', ...stores];
  child = spawn(python, args, { stdio: 'ignore', detached: true });
  await eventually(async () => expect((await fetch(`${uri}/health`)).status).toBe(200), { everyMs: 500 });
  server = new MlflowServer({ uri });
  onnx = await readFile(MODEL);
}, 900_000); // prettier-ignore

afterAll(async () => {
  if (child?.pid !== undefined) {
    const ended = once(child, 'exit');
    process.kill(-child.pid, 'SIGKILL'); // it has workers of its own
    await ended;
  }
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

const run = async (script: string, ...args: readonly string[]): Promise<string> =>
  (await promisify(execFile)(python, [join(HERE, script), uri, ...args])).stdout;

function aVersion(number: string): ModelVersion {
  return {
    kind: 'version',
    pipeline: 'tides',
    version: number,
    task: 'binary-classification',
    sha256: number.padStart(64, '0'),
    artifactUri: 'file:///models/1',
    sizeBytes: onnx.byteLength,
    features: ['a', 'b', 'c'],
    input: { kind: 'matrix', input: 'X', type: 'float32', columns: 3 },
    output: { output: 'probabilities', width: 2, scoreColumn: 1 },
    registeredAt: '2026-03-01T12:00:00.000Z',
    registeredBy: 'test',
    description: 'of March',
    metadata: { 'eddyline.features': '["a","b","c"]' },
    card: {
      trainer: 'gbdt',
      parameters: { trees: 100 },
      metrics: { 'holdout.roc_auc': 0.8, 'holdout.log_loss': Number.NaN },
      dataset: null,
      gates: [],
      lineage: { parent: null, run: null, cause: null },
    },
  };
}

it('takes an exported version once, and its own clients load and score it', async () => {
  const files = { model: onnx, reference: Buffer.from('rows'), explainer: null };
  const to = { name: 'tides', alias: 'champion' };
  const first = await exportVersion(server, aVersion('3'), files, to);
  expect(first).toMatchObject({ name: 'tides', version: '1', known: false });
  expect(await exportVersion(server, aVersion('3'), files, to)).toEqual({ ...first, known: true });
  expect(await exportVersion(server, aVersion('4'), files, { ...to, alias: null })).toMatchObject({ version: '2' });

  const answer = JSON.parse(await run('score_model.py', 'models:/tides@champion', '3')) as Record<string, unknown>;
  expect(Object.keys(answer)).toContain('probabilities');
  const { run: logged } = await server.get<{
    run: { data: { metrics: readonly { key: string; value: number }[]; params: readonly { key: string }[] } };
  }>('runs/get', { run_id: first.runId });
  expect(logged.data.metrics).toEqual([expect.objectContaining({ key: 'holdout.roc_auc', value: 0.8 })]);
  expect(logged.data.params.map(({ key }) => key).toSorted()).toEqual(['features', 'task', 'trainer', 'trees']);

  const fetched = await fetchVersion(server, 'tides', 'champion');
  expect(fetched).toMatchObject({ version: '1', runId: first.runId, description: 'of March' });
  expect(Buffer.from(fetched.onnx).equals(onnx)).toBe(true);
  expect(Buffer.from(fetched.reference!).toString()).toBe('rows');
});

it('gives a model that was logged there, and says what cannot be taken', async () => {
  await run('log_model.py', 'theirs');
  const fetched = await fetchVersion(server, 'theirs', '1');
  expect(fetched.onnx.byteLength).toBeGreaterThan(100);
  expect(fetched.reference).toBeNull();
  await run('log_model.py', 'apart', 'external');
  await expect(fetchVersion(server, 'apart', '1')).rejects.toThrow('save_as_external_data=False');
  await expect(fetchVersion(server, 'theirs', '7')).rejects.toThrow('MLflow has no version 7 of a model "theirs"');
  await expect(fetchVersion(server, 'theirs', 'champion')).rejects.toThrow('has no alias champion of a model "theirs"');
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
