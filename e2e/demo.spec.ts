import { eventually, stack } from '#platform/testing';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inheritedPath } from './support/e2e.config.js';
import { builtMain, buildEddyline, NODE_FLAGS } from './support/run-eddyline.js';

interface Summary {
  readonly ok: boolean;
  readonly published: number;
  readonly logged: number;
  readonly distinct: number;
  readonly quarantined: number;
  readonly deduplicated: number;
  readonly problems: readonly string[];
}

/** A folder in which the run's stack is found as a developer's own would be. */
let folder: string;

beforeAll(async () => {
  await buildEddyline();
  folder = await mkdtemp(join(tmpdir(), 'eddyline-demo-'));
  await mkdir(join(folder, '.eddyline'));
  await writeFile(join(folder, '.eddyline/stack.json'), JSON.stringify(stack()));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function startDemo(...args: readonly string[]) {
  const child = spawn(process.execPath, [...NODE_FLAGS, builtMain('cli'), 'demo', '--free-ports', '--json', ...args], {
    cwd: folder,
    env: { ...inheritedPath() },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr }));
  return { child, ended, said: () => stderr };
}

/** The summary is the last of the JSON values that the demo and its steps write. */
function summaryOf(stdout: string): Summary {
  const start = stdout.lastIndexOf('\n{') + 1;
  return JSON.parse(stdout.slice(start)) as Summary;
}

describe('the demo', () => {
  it.each(['first', 'second'])(
    'accounts for every event, the %s time on the same state',
    async () => {
      const { code, stdout, stderr } = await startDemo('--for', '3s').ended;
      if (code !== 0) throw new Error(`exit code ${code}:\n${stderr}`);
      const { ok, published, logged, distinct, quarantined, deduplicated, problems } = summaryOf(stdout);
      expect([ok, problems]).toEqual([true, []]);
      expect(logged + quarantined + deduplicated).toBe(published);
      expect(distinct).toBe(logged);
      expect(Math.min(logged, quarantined, deduplicated)).toBeGreaterThan(0);
    },
    90_000,
  );

  it('leaves nothing running after Ctrl-C', async () => {
    const { child, ended, said } = startDemo();
    await eventually(() => /validation +\d+/.test(said()), { timeoutMs: 60_000 });
    const { pid } = child;
    const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').map(Number);
    expect(children).toHaveLength(4);
    child.kill('SIGINT');
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    expect(summaryOf(stdout).ok).toBe(true);
    expect(children.filter(isAlive)).toEqual([]);
  }, 120_000);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
