import { MODEL_METADATA } from '#contracts';
import { decideRollback } from '#domain/rollout';
import { trainingRowsOf, trainModel } from '#domain/learn';
import { eventually } from '#platform/testing';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RetrainingHarness, type Stretch } from './retraining-harness.js';

const WAIT = { everyMs: 100 };
/** Several runs, of several phases, each in a process of its own. */
const MINUTE = 60_000;
const FIRST_MODEL = [
  'run_requested',
  'data_collected',
  'model_trained',
  'gates_judged',
  'version_registered',
  'champion_set',
];
let harness: RetrainingHarness | undefined;

afterEach(async () => {
  await harness?.close();
  harness = undefined;
});

/** Waits until it has happened so often; lets events happen meanwhile, if any are given. */
async function happened(kind: string, times = 1, stretch?: Stretch): Promise<void> {
  await eventually(async () => {
    const kinds = await harness!.kinds();
    if (kinds.filter((one) => one === kind).length >= times) return;
    if (stretch !== undefined) await harness!.happen(stretch);
    throw new Error(`${kind} did not happen ${times} times; so far: ${kinds.join(', ')}`);
  }, WAIT);
}

describe('the loop', () => {
  it('trains, gates and registers when labels ask for it; then shadow, canary, promotion and the end of the watch', async () => {
    harness = await RetrainingHarness.create({ retrain: { triggers: [{ on: 'labels', count: 500 }] } });
    await harness.happen({ events: 600 });
    const service = await harness.start();
    await happened('champion_set');
    expect(await harness.kinds()).toEqual(FIRST_MODEL);

    await harness.happen({ events: 500 });
    await happened('watch_ended', 1, { events: 60, overMs: 4 * MINUTE });
    await service.close();
    const events = await harness.events();
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, at) => at + 1));
    const told = events.map(({ change, champion, challenger, share }) => [change.kind, champion, challenger, share]);
    const second = told.slice(6, told.findIndex(([kind]) => kind === 'watch_ended') + 1);
    expect(second.filter(([kind]) => kind !== 'guards_looked')).toEqual([
      ['run_requested', '1', null, 0],
      ['data_collected', '1', null, 0],
      ['model_trained', '1', null, 0],
      ['gates_judged', '1', null, 0],
      ['version_registered', '1', null, 0],
      ['rollout_started', '1', '2', 0],
      ['step_entered', '1', '2', 0.25],
      ['promoted', '2', '1', 0],
      ['watch_ended', '2', null, 0],
    ]);
    const { versions, ...recorded } = await harness.recorded();
    expect(recorded).toEqual(await harness.folded());
    const [first, next] = versions;
    expect(first!.reference!.rows).toBe(450); // a quarter was held out
    expect(next).toMatchObject({
      version: '2',
      card: {
        trainer: 'linear',
        lineage: { parent: '1', run: 'run-7', cause: { kind: 'labels' } },
      },
    });
    expect(next!.metadata[MODEL_METADATA.dataSha256]).toBe(next!.card!.dataset!.sha256);
    expect(next!.card!.gates.map(({ gate, verdict }) => `${gate} ${verdict}`)).toContain('holdout passed');
  });

  it('rejects a candidate that gates refuse, and rolls back what a person lets in and guards refuse', async () => {
    harness = await RetrainingHarness.create({ gates: { minGain: 0.9, tolerance: 0 } });
    await harness.happen({ events: 600 });
    await harness.start();
    await harness.askForRun();
    await happened('champion_set'); // with nobody to be better than
    await harness.askForRun();
    await happened('candidate_rejected');
    expect((await harness.recorded()).versions).toHaveLength(1);

    await harness.register();
    await happened('rolled_back', 1, { events: 60, overMs: 4 * MINUTE, challengerError: 0.9 });
    const events = await harness.events();
    const rolledBack = events.at(-1)!;
    expect(rolledBack).toMatchObject({ champion: '1', challenger: null, change: { to: '1' }, by: 'retraining' });
    expect(rolledBack.summary).toContain('brier');
    expect(JSON.stringify(rolledBack.evidence)).toContain('SELECT');
    // It never served anybody: the shadow was enough.
    expect(Math.max(...events.map(({ share }) => share))).toBe(0);

    // What somebody hands in is held to the same gates; nothing is trained for it.
    await harness.submit(aModel());
    await happened('candidate_rejected', 2);
    const submitted = (await harness.kinds()).slice(events.length);
    expect(submitted).toEqual(['run_requested', 'data_collected', 'gates_judged', 'candidate_rejected']);

    // A person is as quick, and the loop goes on from there.
    await harness.register();
    await harness.byHand((record) => decideRollback(record, 'ann does not like it'));
    await harness.askForRun();
    await happened('candidate_rejected', 3);
    expect((await harness.recorded()).state).toMatchObject({ rollbacks: 2, rejections: 3, run: null, rollout: null });
    expect(harness.fatal).toEqual([]);
  });

  it('has a program of the user train, ends it when the run is cancelled, and fails the run when the program fails', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'eddyline-trainer-'));
    const program = join(folder, 'trainer.mjs');
    await writeFile(join(folder, 'model.onnx'), aModel());
    await writeFile(
      program,
      `import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
       const { files } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
       writeFileSync(${JSON.stringify(join(folder, 'pid'))}, String(process.pid));
       if (existsSync(${JSON.stringify(join(folder, 'slow'))})) await new Promise((done) => setTimeout(done, 600_000));
       if (existsSync(${JSON.stringify(join(folder, 'broken'))})) throw new Error('no luck today');
       copyFileSync(${JSON.stringify(join(folder, 'model.onnx'))}, files.model);
       writeFileSync(files.metrics, JSON.stringify({ roc_auc: 0.9 }));`,
    );
    const trainer = {
      kind: 'command',
      command: [process.execPath, program],
      timeoutMs: 60_000,
      memoryBytes: 2 ** 30,
    } as const;
    harness = await RetrainingHarness.create({ model: { trainer } });
    await harness.happen({ events: 600 });
    const service = await harness.start({ EDDYLINE_TRAINER_FOLDER: join(folder, 'runs') });
    await harness.askForRun();
    await happened('champion_set');
    const [version] = (await harness.recorded()).versions;
    expect(version).toMatchObject({ card: { metrics: expect.objectContaining({ roc_auc: 0.9 }) } });
    expect(version).not.toHaveProperty('explainer');

    await writeFile(join(folder, 'slow'), '');
    await rm(join(folder, 'pid'));
    await harness.askForRun();
    const pid = Number(await eventually(() => readFile(join(folder, 'pid'), 'utf8'), WAIT));
    expect(await harness.status(service)).toMatchObject({
      state: { run: { phase: 'training' } },
      progress: { text: expect.stringContaining('trainer.mjs') },
    });
    await harness.byHand(({ state: { run } }) => [
      {
        change: { kind: 'run_cancelled', reason: 'ann thought better of it' },
        version: null,
        summary: `${run!.id} is cancelled.`,
        evidence: {},
      },
    ]);
    await eventually(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), WAIT);

    await rm(join(folder, 'slow'));
    await writeFile(join(folder, 'broken'), '');
    await harness.askForRun();
    await happened('run_failed');
    expect((await harness.events()).at(-1)!.summary).toContain('no luck today');
    await rm(folder, { recursive: true });
  });
});

/** A model of the pipeline's two features, as a trainer elsewhere would have made it. */
function aModel(): Uint8Array {
  const rows = Array.from({ length: 200 }, (_, i) => [Math.sin(i), Math.cos(3 * i)] as const);
  const training = trainingRowsOf(
    ['x', 'y'].map((name) => ({ name, type: 'number' })),
    rows,
    rows.map(([x, y]) => Number(x + 0.3 * y > 0)),
  );
  const trained = trainModel(training, {
    pipeline: 'elsewhere',
    task: 'binary-classification',
    threshold: 0.5,
    classes: null,
    trainer: 'linear',
    parameters: {},
    monotone: {},
    search: null,
    metric: null,
    holdout: 0,
    folds: 0,
    calibration: 'none',
    seed: 1,
    metadata: {},
  });
  if (!trained.ok) throw new Error('it could not be trained');
  return trained.onnx;
}
