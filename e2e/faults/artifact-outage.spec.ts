import { eventually, faultOptions, recordFault, stack } from '#platform/testing';
import { mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { dueAccount, settledAccount } from '../support/accounting.js';
import { EventFlow } from '../support/event-flow.js';
import { unreadiness } from '../support/readiness.js';
import { stackEnvironment } from '../support/run-eddyline.js';
import { ServiceProcesses } from '../support/service-processes.js';
import { TestPipeline } from '../support/test-pipeline.js';

const { seed } = faultOptions();

let folder: string;
let store: string;
let pipeline: TestPipeline;
let services: ServiceProcesses;
let beginner: ServiceProcesses;
let flow: EventFlow | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eddyline-artifact-outage-'));
  store = join(folder, 'store');
  const on = { ...stack(), artifacts: pathToFileURL(store).href };
  pipeline = await TestPipeline.create('artifact-outage', { on });
  const environment = stackEnvironment(on);
  services = new ServiceProcesses(pipeline.name, environment);
  beginner = new ServiceProcesses(pipeline.name, environment);
  await services.start('validation', 'inference', 'monitoring');
});

afterEach(async () => {
  await flow?.end(); // a test that failed has not
});

afterAll(async () => {
  services?.thaw('inference'); // a frozen process does not end when asked
  await Promise.all([services?.stop(), beginner?.stop()]);
  await pipeline?.close();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

/** What a model was trained on lies beside it, compressed. */
const GZIP = Buffer.from([0x1f, 0x8b]);

async function scoredBy(version: string): Promise<number> {
  const [row] = await pipeline.rows<{ rows: number }>(
    `SELECT toUInt32(count()) AS rows FROM ${pipeline.database}.predictions WHERE model_version = '${version}'`,
  );
  return row!.rows;
}

async function untilItScores(version: string): Promise<void> {
  const before = await scoredBy(version);
  await eventually(async () => expect(await scoredBy(version)).toBeGreaterThan(before));
}

/** Registers a model while inference cannot look, and does something to the store before it can. */
async function registerBehindItsBack(rows: number, meanwhile: () => Promise<void>): Promise<string> {
  const register = await pipeline.trainModel(rows);
  services.freeze('inference');
  const version = await register();
  await meanwhile();
  services.thaw('inference');
  return version;
}

async function readyNotes(): Promise<string> {
  const response = await fetch(`${await services.urlOf('inference')}/health/ready`);
  expect(response.status).toBe(200);
  return response.text();
}

async function untilSaid(words: RegExp): Promise<void> {
  await eventually(() => expect(services.saidBy('inference').join('\n')).toMatch(words));
}

it('the store is away or garbled when models change: the old champion goes on until the new one can be had', async () => {
  const started = performance.now();
  flow = new EventFlow(pipeline, { seed, perSecond: 300, most: 1_000_000 });
  await untilItScores('1');

  const away = join(folder, 'away');
  expect(await registerBehindItsBack(2_000, () => rename(store, away))).toBe('2');
  await untilSaid(/model version 2 cannot be loaded: .* cannot be reached/);
  await untilItScores('1');
  // It works, so it is ready; what is wrong is said beside it.
  await eventually(async () =>
    expect(await readyNotes()).toMatch(/model version 2 cannot be loaded: .* cannot be reached.*; version 1 goes on/),
  );
  // One that starts now has no old champion to go on with.
  beginner.launch('inference');
  const reason = await eventually(async () => (await unreadiness(beginner, 'inference')) ?? false);
  expect(reason).toMatch(/^503 .*model version 2 cannot be loaded: .* cannot be reached/);
  await rename(away, store);
  await untilItScores('2');
  // The other process may be the one that scores already: this one looks again when its own wait is over.
  await eventually(async () => expect(await readyNotes()).not.toContain('notes'));
  await beginner.untilReady('inference');
  await beginner.stopOne('inference');
  await untilItScores('2');

  const known = new Set(await readdir(store, { recursive: true }));
  const garble = async (): Promise<void> => {
    const added = (await readdir(store, { recursive: true })).filter((path) => !known.has(path) && path.includes('/'));
    const contents = await Promise.all(added.map((path) => readFile(join(store, path))));
    const [model, ...others] = added.filter((_, index) => !contents[index]!.subarray(0, 2).equals(GZIP));
    expect(others).toEqual([]);
    await writeFile(join(store, model!), 'not what was registered');
  };
  expect(await registerBehindItsBack(3_000, garble)).toBe('3');
  await untilSaid(/model version 3 cannot be loaded: .* is corrupted: its sha256 is .* version 2 goes on/);
  await untilItScores('2');
  expect(await scoredBy('3')).toBe(0);

  const oracle = await flow.end();
  const found = await settledAccount(pipeline, oracle);
  recordFault({
    fault: 'artifact store away or garbled',
    title: 'artifact-outage',
    runs: 2,
    published: oracle.published,
    lost: found.lost,
    duplicated: found.duplicated,
    seed,
    seconds: (performance.now() - started) / 1_000,
  });
  expect(found).toEqual(dueAccount(oracle));
});
