import { isChallenger } from '#domain/routing';
import { eventually, faultOptions, faultRounds, recordFault } from '#platform/testing';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aBadModel } from '../support/bad-model.js';
import { faultPointFlags, readHits, type LoopStep } from '../support/fault-points.js';
import { LabelledFlow } from '../support/labelled-flow.js';
import { inTime } from '../support/in-time.js';
import { doublesOf, fold, lifecycleOf, registryOf } from '../support/lifecycle-log.js';
import { withSections } from '../support/pipeline-sections.js';
import { eddylineJson } from '../support/run-eddyline.js';
import { ServiceProcesses } from '../support/service-processes.js';
import { TestPipeline } from '../support/test-pipeline.js';

/** A round goes through every state of the machine, and the retraining service is killed in each. */
const ROUNDS = faultRounds({ small: 1, full: 5 });
/** Every point of a state. */
const EACH = faultRounds({ small: false, full: true });
const SHARES = { ab: 0.2, canary: 0.25 };

const LOOP = {
  monitor: null,
  model: '{ task: binary-classification, threshold: 0.5, trainer: gbdt, parameters: { trees: 20 } }',
  retrain: '{ on: [{ labels: 300 }], coolDown: 1s, minRows: 200, maxRows: 2000, holdout: 25%, folds: 2 }',
  gates: '{ minGain: -1, tolerance: 1, maxLatencyMs: 10000, maxFlipRate: 100%, backtestRows: 100 }',
  rollout: `
  steps: [{ shadow: 4h }, { ab: 20%, hold: 2h }, approval, { canary: 25%, hold: 2h }]
  guard: { log_loss: { worseBy: 1, minRows: 600 } }
  minLabelled: 20
  watch: 2h
  deadline: 3000d`,
};

const { seed } = faultOptions();

let pipeline: TestPipeline;
let services: ServiceProcesses;
let folder: string;
let report: string;
let flow: LabelledFlow | undefined;
let lives = 0;
const deaths: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eddyline-lifecycle-'));
  report = join(folder, 'hits');
  pipeline = await TestPipeline.create('lifecycle', {
    yaml: (text) => withSections(text, LOOP),
  });
  services = new ServiceProcesses(pipeline.name, { EDDYLINE_LABEL_RETRY: '1s' });
  await services.start('validation', 'inference', 'monitoring', 'feedback');
});

afterAll(async () => {
  await flow?.end();
  await services?.stop();
  await pipeline?.close();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

interface Point {
  readonly step: LoopStep;
  /** What the loop is in, or what it has decided. */
  readonly at: string;
}

const inState = (at: string): Point => ({ step: 'loop_fenced', at });
/** Nothing of it is on the log yet; all of it is. */
const around = (at: string): readonly Point[] => [
  { step: 'decided', at },
  { step: 'committed', at },
];
const inPhase = (phase: string, result: string): readonly Point[] => [
  inState(phase),
  { step: 'phase_begun', at: phase },
  { step: 'phase_done', at: phase },
  ...around(result),
];

/**
 * A member that comes up with the point in it, and dies there. Its group is its own, so that the partition is its at once: that the one
 * before is still believed to live must not matter.
 */
async function dieAt({ step, at }: Point, environment: Readonly<Record<string, string>> = {}): Promise<void> {
  const member = memberWith({ EDDYLINE_RUN_ATTEMPTS: '50', ...environment });
  const before = readHits(report).length;
  const point = { step, arrival: 1, signal: 'SIGKILL', report, topicSuffix: `/${at}` } as const;
  member.launch('retraining', faultPointFlags(point));
  try {
    const { signal, said } = await inTime(
      member.ended('retraining'),
      () => `it did not come to ${step} of ${at}: ${member.saidBy('retraining').at(-1)}`,
    );
    const hits = readHits(report).slice(before);
    expect({ signal, hits: hits.length, said: signal === 'SIGKILL' ? [] : said }).toEqual({
      signal: 'SIGKILL',
      hits: 1,
      said: [],
    });
    deaths.push(`${step} ${at}`);
  } finally {
    await member.stop();
  }
}

function memberWith(environment: Readonly<Record<string, string>>): ServiceProcesses {
  return new ServiceProcesses(pipeline.name, {
    EDDYLINE_PIPELINES: `${pipeline.name},life-${++lives}`,
    EDDYLINE_LOOP_EVERY: '200ms',
    KAFKA_SESSION_TIMEOUT_MS: '2000',
    ...environment,
  });
}

/**
 * Dies at the points of a state, in their order; a small run at the last one alone, when the state has been left, so that the next
 * one is there.
 */
async function dieIn(points: readonly Point[]): Promise<void> {
  for (const point of EACH ? points : points.slice(-1)) await dieAt(point);
}

async function byHand(...args: readonly string[]): Promise<void> {
  const [command, subcommand] = args;
  await eddylineJson([command!, ...(subcommand === undefined ? [] : [subcommand]), ...args.slice(2)]);
}

/** No run is under way that would be in the way of what a person does next. */
async function withoutRun(): Promise<void> {
  const { state } = await registryOf(pipeline);
  if (state.run !== null) await byHand('retrain', 'cancel', pipeline.name, '--reason', 'the test wants something else');
}

async function apply(edit: (yaml: string) => string): Promise<void> {
  const file = join(pipeline.folder, 'pipeline.yaml');
  const yaml = await readFile(file, 'utf8');
  const edited = join(pipeline.folder, 'edited.yaml');
  await writeFile(edited, edit(yaml));
  await eddylineJson(['apply', edited]);
}

/** From an alert of labels to the end of the watch, dying in every state. */
async function promotion(): Promise<void> {
  await dieIn([inState('idle'), ...around('run_requested')]);
  await dieIn(inPhase('collecting', 'data_collected'));
  await dieIn(inPhase('training', 'model_trained'));
  await dieIn(inPhase('gating', 'gates_judged'));
  await dieIn(inPhase('registering', 'version_registered'));
  await dieIn([inState('shadow'), ...around('step_entered')]);
  await dieIn([inState('ab'), ...around('guards_looked')]);
  await byHand('rollout', 'approve', pipeline.name, '--reason', 'the better arm');
  await dieAt(inState('approval'));
  await byHand('rollout', 'approve', pipeline.name, '--reason', 'goes on');
  await byHand('rollout', 'pause', pipeline.name, '--reason', 'a moment');
  await dieAt(inState('paused'));
  await byHand('rollout', 'resume', pipeline.name, '--reason', 'it is over');
  await dieIn([inState('canary'), ...around('promoted')]);
  await dieIn([inState('watch'), ...around('watch_ended')]);
}

/** A candidate that no gate lets pass. */
async function rejection(): Promise<void> {
  await withoutRun();
  await apply((yaml) => yaml.replace('minGain: -1', 'minGain: 0.9').replace('tolerance: 1', 'tolerance: 0'));
  await dieIn(around('gates_judged'));
  await apply((yaml) => yaml);
}

/** A run whose phase dies with its process, each time. */
async function failure(): Promise<void> {
  await withoutRun();
  const twice = { EDDYLINE_RUN_ATTEMPTS: '2' };
  await dieAt({ step: 'phase_begun', at: 'collecting' }, twice);
  for (const at of ['run_resumed', 'run_failed']) {
    for (const point of around(at)) if (EACH || point.step === 'committed') await dieAt(point, twice);
  }
}

/** A version that is wrong wherever it can be, let in by a person. */
async function rollback(round: number): Promise<void> {
  await withoutRun();
  flow!.allow(0);
  const file = join(folder, 'bad.onnx');
  await writeFile(file, aBadModel(pipeline, round));
  await byHand('models', 'register', pipeline.name, file, '--rollout', '--reason', 'somebody was in a hurry');
  const { versions } = await registryOf(pipeline);
  const bad = versions.at(-1)!;
  // Few enough for the guard to say nothing yet.
  await eventually(
    async () => {
      flow!.allow(30);
      const [shadows] = await pipeline.rows<{ rows: number }>(
        `SELECT toUInt32(count()) AS rows FROM ${pipeline.database}.shadow_predictions WHERE model_version = '${bad}'`,
      );
      expect(shadows!.rows).toBeGreaterThan(0);
    },
    { everyMs: 1_000 },
  );
  flow!.allow(330);
  await dieIn(around('step_entered'));
  flow!.allow();
  await dieIn(around('rolled_back'));
}

interface Served {
  readonly version: string;
  readonly event_key: string;
}

/** Rollouts of versions that were rolled back: their salt, and the keys that they served though the share did not say so. */
async function strayed(): Promise<readonly string[]> {
  const events = await lifecycleOf(pipeline);
  const rolledBack = events.filter(({ change }) => change.kind === 'rolled_back');
  const served = await pipeline.rows<Served>(
    `SELECT model_version AS version, event_key FROM ${pipeline.database}.predictions WHERE role != 'champion'`,
  );
  const most = Math.max(...Object.values(SHARES));
  return rolledBack.flatMap(({ version, rollout }) =>
    served
      .filter((one) => one.version === version && !isChallenger(rollout!, one.event_key, most))
      .map(({ event_key }) => `${rollout}: ${event_key}`),
  );
}

it(`the retraining service dies in every state of the machine, ${ROUNDS} times: it goes on, and does nothing twice`, async () => {
  const started = performance.now();
  flow = new LabelledFlow(pipeline);
  for (let round = 0; round < ROUNDS; round++) {
    await promotion();
    await rejection();
    await failure();
    await rollback(round);
  }
  await flow.end();

  const events = await lifecycleOf(pipeline);
  const { versions, ...recorded } = await registryOf(pipeline);
  const sequences = events.map(({ sequence }) => sequence);
  const registered = events.flatMap(({ change }) => (change.kind === 'version_registered' ? [change.version] : []));
  const bad = events.filter(({ change }) => change.kind === 'rolled_back').map(({ version }) => version!);
  const byTheBad = await pipeline.rows<{ role: string; rows: number }>(
    `SELECT role, toUInt32(count()) AS rows FROM ${pipeline.database}.predictions
     WHERE model_version IN (${bad.map((version) => `'${version}'`).join()}) GROUP BY role`,
  );
  recordFault({
    fault: 'kill -9 in a state of the loop',
    title: 'lifecycle',
    runs: deaths.length,
    kills: deaths.length,
    published: events.length,
    lost: Math.max(...sequences) - new Set(sequences).size,
    duplicated: sequences.length - new Set(sequences).size,
    seed,
    seconds: (performance.now() - started) / 1_000,
    measured: {
      promotions: recorded.state.promotions,
      rollbacks: recorded.state.rollbacks,
      rejections: recorded.state.rejections,
      servedByTheBad: byTheBad.reduce((sum, { rows }) => sum + rows, 0),
    },
  });
  expect(sequences).toEqual(sequences.map((_, at) => at + 1));
  expect(recorded).toEqual(fold(pipeline.name, events));
  expect(doublesOf(events)).toEqual([]);
  expect(versions).toEqual(versions.map((_, at) => String(at + 1)));
  expect(new Set(registered).size).toBe(registered.length);
  expect(recorded.state).toMatchObject({ promotions: ROUNDS, rollbacks: ROUNDS, rejections: ROUNDS });
  // What is bad never was champion, and served only keys of its share.
  expect(new Set(bad).size).toBe(ROUNDS);
  expect(events.filter(({ champion }) => bad.includes(champion ?? ''))).toEqual([]);
  expect(byTheBad.map(({ role }) => role)).not.toContain('champion');
  expect(await strayed()).toEqual([]);
}, 1_800_000);
