import { eventually } from '#platform/testing';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { appliedPipeline, QuarantineStock, type Replayed } from './quarantine-stock.js';
import { eddyline, eddylineJson, spawnEddyline } from './run-eddyline.js';

const SEED = 20_260_101;
const RECORDS = 6_000;
const KILLS = 6;

/** mulberry32: the same numbers for the same seed, in [0, 1). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function endOf(child: ChildProcess): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return { exitCode, stdout, stderr };
}

describe('eddyline quarantine replay, when something goes wrong', () => {
  let stock: QuarantineStock;

  beforeEach(async () => {
    stock = new QuarantineStock(await appliedPipeline('crash'));
    await stock.fill(RECORDS);
  });

  afterEach(() => stock.close());

  async function eachOnce(): Promise<void> {
    const times = await stock.putBack();
    expect(times.size).toBe(RECORDS);
    expect([...times].filter(([, count]) => count !== 1)).toEqual([]);
  }

  it('puts every record back exactly once, killed -9 again and again in the middle', async () => {
    const random = seeded(SEED);
    // At this rate one transaction follows the other: a kill meets one at whatever step it has come to.
    const replay = ['quarantine', 'replay', stock.pipeline, '--all', '--rate', '2000/s'];
    const putBackAtKill: number[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      const enough = (await stock.end('events')) + 1 + Math.floor(random() * 400);
      const child = spawnEddyline(replay);
      const ended = endOf(child);
      await eventually(async () => (await stock.end('events')) >= enough, { everyMs: 2 });
      await sleep(random() * 50); // the moment is drawn, not waited for
      child.kill('SIGKILL');
      expect(await ended).toMatchObject({ exitCode: null });
      putBackAtKill.push((await stock.putBack()).size);
    }
    // Each run went on where the one before had been killed, and none had finished.
    expect(putBackAtKill).toEqual(putBackAtKill.toSorted((a, b) => a - b));
    expect(putBackAtKill.at(-1)).toBeLessThan(RECORDS);

    const rest = await eddylineJson<Replayed>(['quarantine', 'replay', stock.pipeline, '--all', '--rate', '100000/s']);
    expect(rest.replayed + rest.alreadyReplayed).toBe(RECORDS);
    await eachOnce();
    const again = await eddylineJson<Replayed>(['quarantine', 'replay', stock.pipeline, '--all']);
    expect(again).toMatchObject({ replayed: 0, alreadyReplayed: RECORDS });
    await eachOnce();
  });

  it('lets the second of two operators take over, and says so to the first', async () => {
    const first = spawnEddyline(['quarantine', 'replay', stock.pipeline, '--all', '--rate', '300/s', '--json']);
    const firstEnded = endOf(first);
    await eventually(async () => (await stock.putBack()).size > 0);
    const second = await eddyline(['quarantine', 'replay', stock.pipeline, '--all', '--rate', '100000/s', '--json']);
    const { exitCode, stderr, stdout } = await firstEnded;
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 1 });
    expect(stderr).toContain(`another replay of ${stock.pipeline} was started and has taken over`);
    expect(stderr).toContain('Nothing was put back twice');
    expect(JSON.parse(stdout)).toMatchObject({ ok: false });
    expect(second.exitCode).toBe(0);
    const { replayed, alreadyReplayed } = JSON.parse(second.stdout) as Replayed;
    expect(replayed).toBeGreaterThan(0);
    expect(replayed + alreadyReplayed).toBe(RECORDS);
    await eachOnce();
  });

  it('puts nothing back twice when several begin at the same moment', async () => {
    const replay = ['quarantine', 'replay', stock.pipeline, '--all', '--rate', '100000/s', '--json'];
    const runs = await Promise.all([1, 2, 3].map(() => eddyline(replay)));
    // Whoever was overtaken said so; at least the last one to begin finished.
    for (const { exitCode, stderr } of runs) if (exitCode !== 0) expect(stderr).toContain('has taken over');
    expect(runs.filter(({ exitCode }) => exitCode === 0).length).toBeGreaterThan(0);
    await eachOnce();
  });
});
