import { eventually, fetchedKafka } from '#platform/testing';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const ROOT = resolve(import.meta.dirname, '../../..');
const MAIN = join(ROOT, 'dist/apps/local-stack/src/main.js');

interface Stack {
  readonly pid: number;
  readonly schemaRegistryUrl: string;
  readonly clickhouseUrl: string;
  readonly kafkaBrokers: string;
}

let stateDir: string;
const started: ChildProcess[] = [];

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'eddyline-lifecycle-'));
});

afterAll(async () => {
  for (const child of started) child.kill('SIGKILL');
  await eventually(() => stackProcesses().length === 0);
  await rm(stateDir, { recursive: true, force: true });
});

/** A cache with the jars of this user and nothing else: no stack before has left the broker's classes there. */
async function freshCache(): Promise<{ readonly home: string; readonly libs: string }> {
  const usual = fetchedKafka();
  const home = join(stateDir, 'cache');
  const libs = join(home, 'eddyline', basename(usual));
  await mkdir(libs, { recursive: true });
  const jars = readdirSync(usual).filter((file) => file.endsWith('.jar'));
  for (const jar of jars) await symlink(join(usual, jar), join(libs, jar));
  return { home, libs };
}

/** Every process with our state folder in its command line: the stack, the JVM, its watchdog, the engine. */
function stackProcesses(): string[] {
  return processIds().filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(stateDir);
    } catch {
      return false; // gone meanwhile
    }
  });
}

function processIds(): string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
}

function launch(args: string[] = ['--free-ports'], env: NodeJS.ProcessEnv = {}): ChildProcess {
  const child = spawn(process.execPath, [MAIN, '--state-dir', stateDir, '--json', ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, ...env },
  });
  started.push(child);
  return child;
}

async function up(child: ChildProcess): Promise<Stack> {
  let errors = '';
  child.stderr!.on('data', (chunk) => (errors += String(chunk)));
  return new Promise((resolveUp, reject) => {
    child.stdout!.once('data', (line) => resolveUp(JSON.parse(String(line)) as Stack));
    child.once('exit', (code) => reject(new Error(`exit code ${code}: ${errors}`)));
  });
}

async function ended(child: ChildProcess): Promise<{ code: number | null; errors: string }> {
  let errors = '';
  child.stderr!.on('data', (chunk) => (errors += String(chunk)));
  const code = await new Promise<number | null>((resolveEnd) => child.once('exit', resolveEnd));
  return { code, errors };
}

async function sql(stack: Stack, query: string): Promise<string> {
  const { origin, username, password } = new URL(stack.clickhouseUrl);
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const response = await fetch(origin, { method: 'POST', body: query, headers: { authorization } });
  if (!response.ok) throw new Error(await response.text());
  return (await response.text()).trim();
}

async function register(stack: Stack, subject: string): Promise<number> {
  const response = await fetch(`${stack.schemaRegistryUrl}/subjects/${subject}/versions`, {
    method: 'POST',
    body: JSON.stringify({ schema: JSON.stringify({ type: 'fixed', name: subject, size: 8 }) }),
  });
  return ((await response.json()) as { id: number }).id;
}

async function subjects(stack: Stack): Promise<unknown> {
  return (await fetch(`${stack.schemaRegistryUrl}/subjects`)).json();
}

describe('the stack as a process', () => {
  it('keeps its state over a clean stop and over kill -9, and leaves nothing running', async () => {
    const cache = await freshCache();
    const first = launch(['--free-ports'], { XDG_CACHE_HOME: cache.home });
    const stack = await up(first);
    await sql(stack, 'CREATE DATABASE kept');
    await sql(stack, 'CREATE TABLE kept.t (n UInt32) ENGINE = MergeTree ORDER BY n');
    await sql(stack, 'INSERT INTO kept.t VALUES (1)');
    const id = await register(stack, 'first');

    // A second start on the same state says where the first is.
    const refused = await ended(launch());
    expect(refused.code).toBe(1);
    expect(refused.errors).toContain(`A stack already runs on ${stateDir} (process ${stack.pid})`);
    expect(refused.errors).toContain(stack.kafkaBrokers);

    first.kill('SIGTERM');
    expect((await ended(first)).code).toBe(0);
    expect(existsSync(join(stateDir, 'stack.json'))).toBe(false);
    await eventually(() => stackProcesses().length === 0);

    // What was left of the broker's classes saves time, and stands in nobody's way.
    const left = readdirSync(cache.libs).filter((name) => !name.endsWith('.jar'));
    expect(left).toEqual([expect.stringMatching(/^classes-\w+\.jsa$/)]);
    const archive = join(cache.libs, left[0]!);
    expect(statSync(archive).size).toBeGreaterThan(10_000_000);
    await chmod(archive, 0o600);
    await writeFile(archive, 'spoiled');
    const second = launch(['--free-ports'], { XDG_CACHE_HOME: cache.home });
    const resumed = await up(second);
    expect(resumed.kafkaBrokers).toBe(stack.kafkaBrokers); // free ports are kept, too
    expect(await subjects(resumed)).toEqual(['first']);
    expect(await register(resumed, 'second')).toBe(id + 1);
    await sql(resumed, 'INSERT INTO kept.t VALUES (2)');

    second.kill('SIGKILL');
    await eventually(() => stackProcesses().length === 0);

    const third = launch();
    const recovered = await up(third);
    expect(await subjects(recovered)).toEqual(['first', 'second']);
    expect(await register(recovered, 'first')).toBe(id);
    expect(await sql(recovered, 'SELECT sum(n) FROM kept.t')).toBe('3');

    // The parent's end of the channel closes when the parent dies, whatever killed it.
    third.disconnect();
    expect((await ended(third)).code).toBe(0);
    await eventually(() => stackProcesses().length === 0);
  });

  it('names every port that is taken, and the ways out', async () => {
    const squatter = createServer().listen(8081, '127.0.0.1');
    try {
      const { code, errors } = await ended(launch([]));
      expect(code).toBe(1);
      expect(errors).toContain(
        'port 8081 for the schema registry; if that is one you want to use, set SCHEMA_REGISTRY_URL',
      );
      expect(errors).toContain('--free-ports');
    } finally {
      squatter.close();
    }
  });

  it('does not start a part that the user names', async () => {
    const child = launch(['--free-ports'], {
      KAFKA_BROKERS: '127.0.0.1:1',
      SCHEMA_REGISTRY_URL: 'http://127.0.0.1:2',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:3',
    });
    expect(await up(child)).toMatchObject({
      kafkaBrokers: '127.0.0.1:1',
      schemaRegistryUrl: 'http://127.0.0.1:2',
      otlpEndpoint: 'http://127.0.0.1:3',
    });
    expect(stackProcesses()).toHaveLength(2); // itself and ClickHouse
    child.kill('SIGINT');
    expect((await ended(child)).code).toBe(0);
  });

  it.each([
    ['Java', 'No Java found'],
    ['Maven', 'No Maven found'],
  ])('says how to go on where %s is missing', async (missing, message) => {
    const bin = await mkdtemp(join(tmpdir(), 'eddyline-bin-'));
    if (missing === 'Maven') await symlink(await which('java'), join(bin, 'java'));
    const { code, errors } = await ended(launch(['--free-ports'], { PATH: bin, XDG_CACHE_HOME: bin }));
    await rm(bin, { recursive: true, force: true });
    expect(code).toBe(1);
    expect(errors).toContain(message);
    expect(errors).toContain('KAFKA_BROKERS=host:port');
  });

  it('refuses an address that is none, and a flag that it does not have', async () => {
    const wrongAddress = await ended(launch([], { KAFKA_BROKERS: 'localhost', CLICKHOUSE_URL: 'ftp://x' }));
    expect(wrongAddress.code).toBe(1);
    expect(wrongAddress.errors).toContain('KAFKA_BROKERS=localhost is not host:port');
    expect(wrongAddress.errors).toContain('CLICKHOUSE_URL=ftp://x is not an http:// address');
    expect((await ended(launch(['--fast']))).errors).toContain('--fast');
  });
});

async function which(program: string): Promise<string> {
  return (await promisify(execFile)('which', [program])).stdout.trim();
}
