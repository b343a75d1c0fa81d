import { stack, type TestStack } from '#platform/testing';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inheritedPath } from './e2e.config.js';

export const ROOT = join(import.meta.dirname, '../..');

export interface Run {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export function builtMain(app: string): string {
  return join(ROOT, 'dist/apps', app, 'src/main.js');
}

/** A stack, the run's by default, as the variables that services and the command line read. */
export function stackEnvironment(addresses: TestStack = stack()): Readonly<Record<string, string>> {
  const { kafkaBrokers, schemaRegistryUrl, clickhouseUrl, otlpEndpoint, artifacts } = addresses;
  return {
    KAFKA_BROKERS: kafkaBrokers,
    SCHEMA_REGISTRY_URL: schemaRegistryUrl,
    CLICKHOUSE_URL: clickhouseUrl,
    OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint,
    EDDYLINE_ARTIFACTS: artifacts,
  };
}

export interface RunOptions {
  readonly stdin?: string;
  readonly cwd?: string;
  /** The stack to work on; the run's by default. */
  readonly addresses?: TestStack | undefined;
}

/** Runs the built command line to its end, away from the repository, so that a stack that runs there is not found. */
export async function eddyline(
  args: readonly string[],
  { stdin = '', cwd = tmpdir(), addresses }: RunOptions = {},
): Promise<Run> {
  const child = spawn(process.execPath, [builtMain('cli'), ...args], {
    cwd,
    env: { ...inheritedPath(), ...stackEnvironment(addresses) },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.end(stdin);
  const exitCode = await new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)));
  return { exitCode, stdout, stderr };
}

/** What a command writes with `--json`. @throws with what it said when it did not end well */
export async function eddylineJson<T>(args: readonly string[], options: RunOptions = {}): Promise<T> {
  const run = await eddyline([...args, '--json'], options);
  if (run.exitCode !== 0) {
    throw new Error(`eddyline ${args.join(' ')}: exit code ${run.exitCode}\n${run.stderr}\n${run.stdout}`);
  }
  return JSON.parse(run.stdout) as T;
}
