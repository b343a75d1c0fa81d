import { eventually, stack } from '#platform/testing';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inheritedPath } from './support/e2e.config.js';
import { builtMain, ROOT } from './support/run-eddyline.js';

interface Summary {
  readonly ok: boolean;
  readonly published: number;
  /** Event time from which the data went on. */
  readonly from: string;
  readonly logged: number;
  readonly distinct: number;
  readonly quarantined: number;
  readonly deduplicated: number;
  readonly labels: {
    readonly joined: number;
    readonly joins: number;
    readonly orphaned: number;
    readonly waiting: number;
  };
  readonly expected: { readonly labels: number };
  /** The last windows whose labels have come. */
  readonly model: readonly {
    readonly windowEnd: string;
    readonly coverage: number | null;
    readonly accuracy: number | null;
    readonly estimatedAccuracy: number | null;
    readonly rocAuc: number | null;
    readonly estimatedRocAuc: number | null;
  }[];
  readonly alerts: readonly {
    readonly monitor: string;
    readonly subject: string;
    readonly state: 'firing' | 'resolved';
    readonly summary: string;
    readonly windowEnd: string;
    readonly firedAt: string;
  }[];
  readonly problems: readonly string[];
}

const DAY_MS = 24 * 3_600_000;
/** Rows of the data before the first in which the prices and demand of Victoria move. */
const ROWS_BEFORE_VICTORIA = 17_424;
const ROWS_A_DAY = 48;

/** A folder in which the run's stack is found as a developer's own would be. */
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eddyline-demo-'));
  await mkdir(join(folder, '.eddyline'));
  await writeFile(join(folder, '.eddyline/stack.json'), JSON.stringify(stack()));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function startDemo(...args: readonly string[]) {
  const child = spawn(process.execPath, [builtMain('cli'), 'demo', '--free-ports', '--json', ...args], {
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

async function eddyline(...args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [builtMain('cli'), ...args], {
    cwd: folder,
    env: { ...inheritedPath() },
    stdio: 'inherit',
  });
  expect(await once(child, 'exit')).toEqual([0, null]);
}

/** The summary is the last of the JSON values that the demo and its steps write. */
function summaryOf(stdout: string): Summary {
  const start = stdout.lastIndexOf('\n{') + 1;
  return JSON.parse(stdout.slice(start)) as Summary;
}

describe('the demo', () => {
  it('accounts for every event, shows how right the model is, and is alerted to the market that opens to Victoria', async () => {
    await eddyline('apply', join(ROOT, 'pipelines/electricity/pipeline.yaml'), '--yes');
    // The first model left alone: a newer one would be held against newer rows.
    await eddyline('flags', 'set', 'electricity', 'retraining', 'off', '--reason', 'drift is to be seen');
    const { code, stdout, stderr } = await startDemo('--events', '20500', '--rate', '800/s').ended;
    if (code !== 0) throw new Error(`exit code ${code}:\n${stderr}`);
    const { from, alerts, model, ...account } = summaryOf(stdout);
    expectAccounted(account);
    const { logged, quarantined, deduplicated, labels } = account;
    expect(Math.min(logged, quarantined, deduplicated)).toBeGreaterThan(0);
    // Those of spoiled events find nothing.
    expect(labels.orphaned + labels.waiting).toBeGreaterThan(0);

    const opensMs = Date.parse(from) + (ROWS_BEFORE_VICTORIA / ROWS_A_DAY) * DAY_MS;
    const fired = alerts.filter(({ monitor, state }) => monitor === 'drift' && state === 'firing');
    for (const subject of ['vic_price', 'vic_demand', 'transfer']) {
      const own = fired.filter((alert) => alert.subject === subject);
      expect(own).toEqual([
        expect.objectContaining({ subject, summary: expect.stringContaining(`PSI of ${subject}`) }),
      ]);
      // Two windows in a row, of which the first may hold but a few days of the open market.
      const firedMs = Date.parse(own[0]!.firedAt);
      expect(firedMs).toBeGreaterThan(opensMs);
      expect(firedMs).toBeLessThanOrEqual(opensMs + 42 * DAY_MS);
    }
    expect(stderr).toMatch(/⚠ info {2}drift {2}PSI of transfer is [\d.]+, above 2\.5/);
    expect(stderr).toMatch(/evidence: [\d.]+, bound 2\.5, window .* 3,600 of the reference/);

    // On a machine that has other things to do, some labels come when their window has been looked at.
    const labelled = model.filter(({ coverage }) => (coverage ?? 0) > 0.9);
    expect(labelled.length).toBeGreaterThan(0.8 * model.length);
    for (const window of labelled) {
      for (const figure of ['accuracy', 'estimatedAccuracy', 'rocAuc', 'estimatedRocAuc'] as const) {
        expect(window[figure]).toBeGreaterThan(0.3);
        expect(window[figure]).toBeLessThan(1);
      }
    }
    expect(stderr).toMatch(/window to +labels +labelled +accuracy +estimated +ROC AUC +estimated/);
  });

  it('goes on where it was, and leaves nothing running after Ctrl-C', async () => {
    const { child, ended, said } = startDemo();
    await eventually(() => /validation +\d+/.test(said()));
    const { pid } = child;
    const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').map(Number);
    expect(children).toHaveLength(7);
    child.kill('SIGINT');
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    expectAccounted(summaryOf(stdout));
    expect(children.filter(isAlive)).toEqual([]);
  });
});

function expectAccounted(summary: Omit<Summary, 'from' | 'model' | 'alerts'>): void {
  const { ok, published, logged, distinct, quarantined, deduplicated, labels, expected, problems } = summary;
  expect([ok, problems]).toEqual([true, []]);
  expect(logged + quarantined + deduplicated).toBe(published);
  expect(distinct).toBe(logged);
  expect(labels.joined + labels.orphaned + labels.waiting).toBe(expected.labels);
  expect([labels.joined, labels.joins]).toEqual([logged, logged]);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
