import type { GateResult, ModelVersion, PipelineDefinition, TrainingRun } from '#contracts';
import { NO_LIFECYCLE, NOT_SERVING, type LoopRecord } from '#domain/rollout';
import { decideRun, RunWaits, type RunContext } from './decide-run.js';
import type { PhaseOutcome, PhaseProduct } from './phase-messages.js';
import type { RunDesk, RunStanding } from './run-desk.js';

const RUN: TrainingRun = {
  id: 'run-4',
  cause: { kind: 'drift', alertId: 'a', detail: 'nsw_price drifts' },
  requestedBy: 'retraining',
  clock: 1_000,
  requestedAt: '2026-01-01T00:00:00.000Z',
  phase: 'registering',
  attempt: 1,
  dataset: null,
  candidate: {
    artifactUri: 'file:///m',
    sha256: 'aa',
    explainer: null,
    trainer: 'gbdt',
    parameters: {},
    metrics: {},
    seconds: 1,
  },
  gates: [],
};

const MODEL: Extract<PhaseProduct, { phase: 'registering' }>['model'] = {
  sha256: 'aa',
  artifactUri: 'file:///m',
  sizeBytes: 7,
  features: ['x'],
  input: { kind: 'matrix', input: 'input', type: 'float32', columns: 1 },
  output: { output: 'score', width: 1, scoreColumn: 0 },
  metadata: {},
  reference: { artifactUri: 'file:///r', sha256: 'bb', rows: 3, calibration: null },
};

/** A desk on which the run stands so. */
function aDesk(standing: RunStanding): RunDesk & { readonly begun: unknown[] } {
  const begun: unknown[] = [];
  return {
    begun,
    standingOf: () => standing,
    begin: async (work: unknown) => void begun.push(work),
    again: async () => undefined,
  } as unknown as RunDesk & { readonly begun: unknown[] };
}

function given({
  run = {},
  record = {},
  versions = [],
  rollout,
}: {
  readonly run?: Partial<TrainingRun>;
  readonly record?: Partial<LoopRecord['state']>;
  readonly versions?: readonly string[];
  readonly rollout?: PipelineDefinition['rollout'];
} = {}): RunContext {
  const champion =
    versions.length === 0 ? null : { version: versions[0]!, since: '2026', changedBy: 'ann', reason: 'first' };
  return {
    definition: {
      name: 'tides',
      model: { task: 'regression', threshold: 0.5 },
      ...(rollout === undefined ? {} : { rollout }),
    } as PipelineDefinition,
    record: {
      state: { ...NO_LIFECYCLE('tides'), sequence: 9, run: { ...RUN, ...run }, ...record },
      serving: { ...NOT_SERVING('tides'), champion },
    },
    versions: versions.map((version) => ({ version }) as ModelVersion),
    reading: { clockMs: 2_000, labelsClockMs: null, labels: 0 },
    service: 'retraining',
    nowMs: 5_000,
    mostAttempts: 3,
  };
}

const ended = (outcome: PhaseOutcome): RunStanding => ({ kind: 'ended', outcome });
const made = (product: PhaseProduct): RunStanding => ended({ kind: 'done', product });
const kindsOf = async (context: RunContext, standing: RunStanding): Promise<readonly string[]> =>
  (await decideRun(context, aDesk(standing))).decisions.map(({ change }) => change.kind);

describe('decideRun', () => {
  it('has nothing to do without a run', async () => {
    expect(await kindsOf(given({ record: { run: null } }), { kind: 'abandoned' })).toEqual([]);
  });

  it('begins a phase that is its own, without a word', async () => {
    const desk = aDesk({ kind: 'to_begin' });
    expect((await decideRun(given({ versions: ['1'] }), desk)).decisions).toEqual([]);
    expect(desk.begun).toMatchObject([{ run: { id: 'run-4' }, champion: '1', versions: [{ version: '1' }] }]);
  });

  it.each([
    ['abandoned', { kind: 'abandoned' } as const],
    ['one whose process died', ended({ kind: 'died', reason: 'SIGKILL' })],
  ])('says first that it begins anew: %s', async (_what, standing) => {
    expect(await kindsOf(given({ run: { attempt: 2 } }), standing)).toEqual(['run_resumed']);
    expect(await kindsOf(given({ run: { attempt: 3 } }), standing)).toEqual(['run_failed']);
  });

  it('fails a run whose phase says that it cannot be done', async () => {
    const { decisions } = await decideRun(given(), aDesk(ended({ kind: 'refused', reason: 'there are 3 rows' })));
    expect(decisions).toMatchObject([{ change: { kind: 'run_failed', reason: 'there are 3 rows' } }]);
  });

  it('waits for what is away', async () => {
    await expect(decideRun(given(), aDesk(ended({ kind: 'weather', reason: 'ClickHouse' })))).rejects.toThrow(RunWaits);
  });

  it('ends the run in one with the verdict, where a gate failed', async () => {
    const gate = (name: string, verdict: GateResult['verdict']): GateResult => ({
      gate: name,
      verdict,
      summary: `${name} so`,
      evidence: {},
    });
    const passed = { phase: 'gating', gates: [gate('size', 'passed'), gate('slices', 'not_applicable')] } as const;
    const failed = { phase: 'gating', gates: [gate('size', 'failed'), gate('holdout', 'passed')] } as const;
    const gating = given({ run: { phase: 'gating' } });
    expect(await kindsOf(gating, made(passed))).toEqual(['gates_judged']);
    const { decisions } = await decideRun(gating, aDesk(made(failed)));
    expect(decisions.map(({ change }) => change)).toEqual([
      { kind: 'gates_judged', gates: failed.gates },
      { kind: 'candidate_rejected', gates: ['size'] },
    ]);
  });

  describe('registering', () => {
    const product = { phase: 'registering', model: MODEL } as const;
    const rollout = { steps: [{ kind: 'shadow', holdMs: 1 }], guards: [] } as unknown as PipelineDefinition['rollout'];

    it('gives the next number, and lets the first model serve at once', async () => {
      const { decisions, versions } = await decideRun(given({ rollout }), aDesk(made(product)));
      expect(decisions.map(({ change }) => change.kind)).toEqual(['version_registered', 'champion_set']);
      expect(versions).toMatchObject([
        { version: '1', registeredBy: 'retraining', card: { lineage: { parent: null, run: 'run-4' } } },
      ]);
    });

    it('begins the rollout with it where another serves', async () => {
      const context = given({ versions: ['9', '10'], rollout });
      const { decisions, versions } = await decideRun(context, aDesk(made(product)));
      expect(decisions.map(({ change }) => change)).toMatchObject([
        { kind: 'version_registered', version: '11', run: 'run-4' },
        { kind: 'rollout_started', version: '11', against: '9' },
      ]);
      expect(versions![0]!.version).toBe('11');
    });

    it('leaves a rollout alone that a person began meanwhile', async () => {
      const context = given({ versions: ['1'], rollout, record: { rollout: {} as LoopRecord['state']['rollout'] } });
      expect(await kindsOf(context, made(product))).toEqual(['version_registered']);
    });
  });
});
