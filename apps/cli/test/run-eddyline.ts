import { stack } from '#platform/testing';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../..');
const MAIN = join(ROOT, 'dist/apps/cli/src/main.js');

export interface Run {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The run's stack as the variables that `eddyline` reads. */
export function stackEnvironment(): Record<string, string> {
  const { kafkaBrokers, schemaRegistryUrl, clickhouseUrl, artifacts } = stack();
  return {
    KAFKA_BROKERS: kafkaBrokers,
    SCHEMA_REGISTRY_URL: schemaRegistryUrl,
    CLICKHOUSE_URL: clickhouseUrl,
    EDDYLINE_ARTIFACTS: artifacts,
  };
}

export function spawnEddyline(args: readonly string[], env: Record<string, string> = stackEnvironment()): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], {
    // Away from the repository, so that a stack that a developer runs there is not found.
    cwd: tmpdir(),
    env: { ...inherited(), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

/** Runs the built command line to its end. */
export async function eddyline(
  args: readonly string[],
  { stdin = '', env }: { readonly stdin?: string; readonly env?: Record<string, string> } = {},
): Promise<Run> {
  const child = spawnEddyline(args, env);
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin?.end(stdin);
  const exitCode = await new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)));
  return { exitCode, stdout, stderr };
}

/** The JSON that a command writes with `--json`; fails with what it said when its exit code is another. */
export async function eddylineJson<T>(args: readonly string[], expectedExitCode = 0): Promise<T> {
  const run = await eddyline([...args, '--json']);
  if (run.exitCode !== expectedExitCode) {
    throw new Error(`eddyline ${args.join(' ')}: exit code ${run.exitCode}\n${run.stderr}\n${run.stdout}`);
  }
  return JSON.parse(run.stdout) as T;
}

export const EVENT_SCHEMA = {
  type: 'record',
  name: 'Payment',
  namespace: 'test',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'customer', type: 'string' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'amount', type: 'double' },
    { name: 'hour', type: 'double' },
  ],
};

const LABEL_SCHEMA = {
  type: 'record',
  name: 'Chargeback',
  namespace: 'test',
  fields: [
    { name: 'payment', type: 'string' },
    { name: 'fraud', type: 'boolean' },
    { name: 'known_at', type: { type: 'long', logicalType: 'timestamp-millis' } },
  ],
};

/** Sections of a pipeline file whose labels come back and that is watched; for `edit.yaml`. */
export const WATCHED = [
  'label: { schema: label.avsc, id: payment, field: fraud, time: known_at, within: 7d }',
  'monitor: { every: 1h, window: 1d, quality: {}, performance: { metrics: [accuracy] } }',
  '',
].join('\n');

/** A pipeline file and its schema in a folder of their own; `edit` changes the text of either. */
export async function pipelineFolder(
  name: string,
  edit: { readonly yaml?: (text: string) => string; readonly schema?: object } = {},
): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'eddyline-pipeline-'));
  const yaml = [
    `name: ${name}`,
    'event: { schema: event.avsc, id: id, key: customer, time: at }',
    'expect:',
    '  - { field: amount, min: 0, max: 1000 }',
    'features: [amount, hour]',
    'model: { task: binary-classification, threshold: 0.5 }',
    'topics: { partitions: 2, replicationFactor: 1, retention: 1d }',
    '',
  ].join('\n');
  await writeFile(join(directory, 'pipeline.yaml'), edit.yaml?.(yaml) ?? yaml);
  await writeFile(join(directory, 'event.avsc'), JSON.stringify(edit.schema ?? EVENT_SCHEMA));
  await writeFile(join(directory, 'label.avsc'), JSON.stringify(LABEL_SCHEMA));
  return directory;
}

export async function fileWith(name: string, content: string): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), 'eddyline-file-')), name);
  await writeFile(path, content);
  return path;
}

/** The addresses of a developer's own stack stay out. */
function inherited(): Readonly<Record<string, string>> {
  const { PATH = '', NODE_COMPILE_CACHE } = process.env;
  return { PATH, ...(NODE_COMPILE_CACHE !== undefined && { NODE_COMPILE_CACHE }) };
}
