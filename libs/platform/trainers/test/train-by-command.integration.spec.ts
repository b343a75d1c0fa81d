import type { Feature } from '#contracts';
import { trainByCommand, type CommandTraining } from '#platform/trainers';
import { eventually } from '#platform/testing';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const TRAINER = join(import.meta.dirname, 'trainer.mjs');
const model = (name: string) => join(import.meta.dirname, `../../onnx/fixtures/${name}.onnx`);
const feature = (name: string): Feature => ({ kind: 'field', name, field: name, type: 'number' });

/** Processes of a group that are not dead: who has ended stays in the list until its parent has looked. */
function groupOf(leader: number): readonly string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
        const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return Number(group) === leader && state !== 'Z';
      } catch {
        return false;
      }
    });
}

describe('a trainer that is a program', () => {
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'eddyline-trainer-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  function train(what: readonly string[], changes: Partial<CommandTraining> = {}, bounds: object = {}) {
    return trainByCommand({
      trainer: {
        kind: 'command',
        command: [process.execPath, TRAINER, ...what],
        timeoutMs: 30_000,
        memoryBytes: 1 << 30,
        ...bounds,
      },
      pipeline: 'grid',
      features: ['a', 'b', 'c'].map(feature),
      task: 'binary-classification',
      classes: null,
      rows: Array.from({ length: 50 }, (_, at) => ({
        id: `e-${at}`,
        time: 1_000 * at,
        features: [at, at % 2 === 0 ? null : at / 3, 1],
        label: at % 2,
        slices: [],
      })),
      holdoutRows: 10,
      seed: 7,
      metric: 'log_loss',
      folder: join(directory, 'run'),
      directory,
      environment: { PATH: '/usr/bin:/bin' },
      graceMs: 200,
      ...changes,
    });
  }

  async function refusalOf(what: readonly string[], changes: Partial<CommandTraining> = {}, bounds: object = {}) {
    const result = await train(what, changes, bounds);
    if (result.ok || result.kind !== 'refused') throw new Error(`it was not refused: ${JSON.stringify(result)}`);
    return result;
  }

  it('gets rows and a specification, and hands in a model with its metrics', async () => {
    const result = await train(['train', model('binary')]);
    expect(result).toMatchObject({ ok: true, metrics: { 'folds.log_loss': 0.5, rows: 50 } });
    expect(result.ok && Buffer.compare(result.onnx, readFileSync(model('binary')))).toBe(0);
    // Its environment is what it was given.
    expect(result.output).toMatch(/^50 rows, \d+ bytes\nenvironment: EDDYLINE_TRAINER_SPEC PATH( \w+)?\n$/);
    expect(await readFile(result.logFile, 'utf8')).toBe(result.output);
    expect(JSON.parse(await readFile(join(directory, 'run/spec.json'), 'utf8'))).toEqual({
      protocol: 'eddyline.trainer/1',
      pipeline: 'grid',
      task: 'binary-classification',
      classes: null,
      features: ['a', 'b', 'c'].map((name) => ({ name, type: 'number', column: `feature_${name}` })),
      columns: { id: 'event_id', time: 'event_time', label: 'label' },
      rows: 50,
      holdoutRows: 10,
      seed: 7,
      metric: 'log_loss',
      files: Object.fromEntries(
        ['training.parquet', 'model.onnx', 'metrics.json'].map((name) => [
          name.split('.')[0],
          join(directory, 'run', name),
        ]),
      ),
    });
  });

  it('is refused with the last of what it wrote where it fails; all of that is kept', async () => {
    const { message, output, logFile } = await refusalOf(['talk']);
    expect(message).toMatch(
      /^the trainer .*talk ended with exit code 3; it wrote \(all of it: .*trainer\.log\)\nline 19985\n/,
    );
    expect(message.endsWith('line 19999')).toBe(true);
    expect(output.length).toBeLessThanOrEqual(64 * 1_024);
    expect((await readFile(logFile, 'utf8')).split('\n')).toHaveLength(20_001);
  });

  it('is ended with all that it has started when its time is over', async () => {
    const { message, seconds } = await refusalOf(['hang'], {}, { timeoutMs: 1_000 });
    expect(message).toContain('was ended after 1 s: give it longer under model.trainer.timeout');
    expect(seconds).toBeGreaterThan(1);
    await eventually(() =>
      expect(groupOf(Number(readFileSync(join(directory, 'run/metrics.json'), 'utf8')))).toEqual([]),
    );
  });

  it('is ended when it and its children take more memory than they may', async () => {
    const { message, residentBytes } = await refusalOf(['grow'], {}, { memoryBytes: 300 << 20 });
    expect(message).toMatch(
      /was ended at \d+ MiB of memory, it may have 300 MiB: give it more under model\.trainer\.memory/,
    );
    expect(residentBytes).toBeGreaterThan(300 << 20);
  });

  it('is ended when the run is cancelled', async () => {
    const cancel = new AbortController();
    const training = train(['hang'], { signal: cancel.signal });
    const leader = await eventually(async () => Number(await readFile(join(directory, 'run/metrics.json'), 'utf8')));
    cancel.abort();
    expect(await training).toMatchObject({ ok: false, kind: 'cancelled' });
    await eventually(() => expect(groupOf(leader)).toEqual([]));
    expect(await train(['hang'], { signal: AbortSignal.abort() })).toMatchObject({ ok: false, kind: 'cancelled' });
  });

  it('that a dead process has left running is ended before the next begins in its place', async () => {
    const folder = join(directory, 'left');
    const left = train(['hang'], { folder });
    const leader = await eventually(async () => Number(await readFile(join(folder, 'metrics.json'), 'utf8')));
    expect(await train(['train', model('binary')], { folder })).toMatchObject({ ok: true });
    await eventually(() => expect(groupOf(leader)).toEqual([]));
    // Its process knows only that somebody else has ended it.
    expect(await left).toMatchObject({
      ok: false,
      message: expect.stringContaining('was ended from outside by SIGKILL'),
    });
  });

  it.each([
    ['is not there', ['train', model('binary')], { trainer: ['no-such-program'] }, 'cannot be started in'],
    ['writes no model', ['nothing'], {}, 'it ended well but wrote no model: the file that spec.json names under files.model'],
    ['writes something that is no model', ['garbage'], {}, 'is no model that can be used: ONNX Runtime refuses the file'],
    ['writes no metrics', ['no-metrics', model('binary')], {}, 'a JSON object of numbers by name'],
    ['writes a model of other features', ['train', model('columns')], {}, '✗ the pipeline gives the feature a; the model has no input of this name'],
    ['writes a model of another task', ['train', model('regression')], { task: 'multiclass-classification' as const }, '✗ the model gives'],
  ])('is refused where it %s', async (_, what, { trainer, ...changes }: { trainer?: string[]; task?: CommandTraining['task'] }, message) => {
    const refusal = await refusalOf(what, changes, trainer === undefined ? {} : { command: trainer });
    expect(refusal.message).toContain(message);
  }); // prettier-ignore
});
