import type { ModelVersion, PipelineDefinition, TrainingRun } from '#contracts';
import { decideRolloutStart, type Decision, type LoopRecord } from '#domain/rollout';
import type { LogReading } from '../loop/log-reading.js';
import { reached } from '../loop/loop-steps.js';
import type { PhaseOutcome, PhaseProduct, RegisteredModel, ScorableModel } from './phase-messages.js';
import type { RunDesk } from './run-desk.js';
import { registrationOf } from './registration.js';

/** Decisions about a run, and the version that they bring. */
export interface RunVerdict {
  readonly decisions: readonly Decision[];
  readonly versions?: readonly ModelVersion[];
}

/** Thrown while a phase cannot go on because what it needs is away; it is begun again with the next look. */
export class RunWaits extends Error {
  override readonly name = 'RunWaits';
}

const NOTHING: RunVerdict = { decisions: [] };

/** Where the run of a pipeline is decided about. */
export interface RunContext {
  readonly definition: PipelineDefinition;
  readonly record: LoopRecord;
  readonly versions: readonly ModelVersion[];
  readonly reading: LogReading;
  readonly service: string;
  readonly nowMs: number;
  /** How often a phase is begun at most; then its run fails. */
  readonly mostAttempts: number;
}

/**
 * Begins what of the run is to be begun, and takes over what came of it. Nothing is begun of which the log does not know: who
 * finds a phase unfinished says so first.
 *
 * @throws RunWaits
 */
export async function decideRun(context: RunContext, desk: RunDesk): Promise<RunVerdict> {
  const { definition, record, versions } = context;
  const { run } = record.state;
  if (run === null) return NOTHING;
  const standing = desk.standingOf(run);
  switch (standing.kind) {
    case 'under_way':
      return NOTHING;
    case 'to_begin':
      await desk.begin({
        definition,
        run,
        champion: record.serving.champion?.version ?? null,
        versions: versions.map(scorable),
      });
      return NOTHING;
    case 'abandoned':
      return { decisions: [repeated(run, context.mostAttempts, 'whoever had begun it is gone')] };
    case 'ended':
      return decideEnded(context, run, standing.outcome, desk);
  }
}

async function decideEnded(
  context: RunContext,
  run: TrainingRun,
  outcome: PhaseOutcome,
  desk: RunDesk,
): Promise<RunVerdict> {
  switch (outcome.kind) {
    case 'done':
      await reached('phase_done', context.definition.name, run.phase);
      return decideProduct(context, run, outcome.product);
    case 'refused':
      return { decisions: [failed(run, outcome.reason)] };
    case 'died':
      return { decisions: [repeated(run, context.mostAttempts, `its process ended (${outcome.reason})`)] };
    case 'weather':
      await desk.again(run);
      throw new RunWaits(`${run.id} waits in the phase ${run.phase}: ${outcome.reason}`);
  }
}

/** The phase once more, or the end of the run. */
function repeated({ id, phase, attempt, cause }: TrainingRun, mostAttempts: number, why: string): Decision {
  const evidence = { phase, attempt, cause };
  if (attempt >= mostAttempts) {
    const reason = `the phase ${phase} was begun ${attempt} times and came to no end; the last time ${why}`;
    return { change: { kind: 'run_failed', reason }, version: null, summary: `${id} failed: ${reason}.`, evidence };
  }
  return {
    change: { kind: 'run_resumed' },
    version: null,
    summary: `${id} goes on: the phase ${phase} is begun anew (${attempt + 1} of at most ${mostAttempts} times), for ${why}.`,
    evidence,
  };
}

function failed({ id, phase, cause }: TrainingRun, reason: string): Decision {
  return {
    change: { kind: 'run_failed', reason },
    version: null,
    summary: `${id} failed in the phase ${phase}: ${reason}.`,
    evidence: { phase, cause },
  };
}

function decideProduct(context: RunContext, run: TrainingRun, product: PhaseProduct): RunVerdict {
  switch (product.phase) {
    case 'collecting': {
      const { dataset } = product;
      const from = new Date(dataset.fromMs).toISOString();
      const to = new Date(dataset.toMs).toISOString();
      const summary = `${run.id} has ${dataset.rows} labelled events from ${from} to ${to}.`;
      return {
        decisions: [{ change: { kind: 'data_collected', dataset }, version: null, summary, evidence: { dataset } }],
      };
    }
    case 'training': {
      const { candidate } = product;
      const { trainer, seconds, parameters, metrics } = candidate;
      const summary = `${run.id} has trained a model (${trainer}, ${seconds.toFixed(1)} s).`;
      const evidence = { trainer, parameters, metrics, sha256: candidate.sha256 };
      return { decisions: [{ change: { kind: 'model_trained', candidate }, version: null, summary, evidence }] };
    }
    case 'gating':
      return { decisions: judged(run, product) };
    case 'registering':
      return registered(context, run, product.model);
  }
}

/** The verdict of the gates, and at once the end of the run where one of them failed. */
function judged(run: TrainingRun, { gates }: Extract<PhaseProduct, { phase: 'gating' }>): readonly Decision[] {
  const failures = gates.filter(({ verdict }) => verdict === 'failed');
  const passed = gates.filter(({ verdict }) => verdict === 'passed').length;
  const verdict: Decision = {
    change: { kind: 'gates_judged', gates },
    version: null,
    summary: `The candidate of ${run.id} passed ${passed} of ${passed + failures.length} gates.`,
    evidence: { gates: gates.map(({ gate, verdict, summary }) => ({ gate, verdict, summary })) },
  };
  if (failures.length === 0) return [verdict];
  const names = failures.map(({ gate }) => gate);
  const why = failures.map(({ summary }) => summary.replace(/\.$/, '')).join('; ');
  const rejected: Decision = {
    change: { kind: 'candidate_rejected', gates: names },
    version: null,
    summary: `The candidate of ${run.id} is rejected by ${names.join(', ')}: ${why}.`,
    evidence: { gates: failures },
  };
  return [verdict, rejected];
}

/** The version under its number, and its way to serve, in one. */
function registered(context: RunContext, run: TrainingRun, model: RegisteredModel): RunVerdict {
  const { definition, record, reading, versions } = context;
  const version = registrationOf(context, run, model, nextNumber(versions));
  const number = version.version;
  const done: Decision = {
    change: { kind: 'version_registered', version: number, run: run.id },
    version: number,
    summary: `${run.id} registered version ${number}: ${model.sizeBytes} bytes, ${run.candidate?.trainer ?? 'imported'}.`,
    evidence: { sha256: model.sha256, metrics: run.candidate?.metrics ?? {}, dataset: run.dataset?.sha256 ?? null },
  };
  // A rollout that a person began meanwhile goes on; the version is there, and waits for a person too.
  if (record.state.rollout !== null) return { decisions: [done], versions: [version] };
  const start = decideRolloutStart(record, {
    version: number,
    reason: `${run.id}, asked for by ${run.cause.kind === 'manual' ? run.requestedBy : run.cause.kind}`,
    definition: definition.rollout,
    clock: reading.clockMs,
  });
  return { decisions: [done, ...start], versions: [version] };
}

/** Only who holds the writer asks, so that no number is given twice. */
function nextNumber(versions: readonly ModelVersion[]): string {
  return String(Math.max(0, ...versions.map(({ version }) => Number(version))) + 1);
}

/** Without their cards, which no process needs to hear. */
function scorable({ version, sha256, artifactUri, features, input, output }: ModelVersion): ScorableModel {
  return { version, sha256, artifactUri, features, input, output };
}
