import type { LifecycleChange, LifecycleKind, LifecycleState, RolloutPhase, Serving, TrainingRun } from '#contracts';

/** Thrown when a change does not fit the state; the caller tells the person or, if it is a service, has a bug. */
export class NotAllowed extends Error {
  override readonly name = 'NotAllowed';
  constructor(
    readonly pipeline: string,
    readonly kind: LifecycleKind,
    /** One clause for a person, without the change's name. */
    readonly objection: string,
  ) {
    super(`${pipeline}: ${kind.replaceAll('_', ' ')} is not possible: ${objection}.`);
  }
}

/** Where a pipeline stands when a change is to happen. */
export interface Moment {
  readonly state: LifecycleState;
  readonly serving: Serving;
  /** The change before it in the same transaction; null: it is the first. */
  readonly before: LifecycleChange | null;
  readonly clock: number | null;
}

type RunPhase = TrainingRun['phase'] | 'none';
type Stage = RolloutPhase | 'none';

interface Transition<Change> {
  /** Phases of the run in which it may happen; left out: any, and none. */
  readonly run?: readonly RunPhase[];
  /** The same of the rollout. */
  readonly rollout?: readonly Stage[];
  /** What else speaks against it; null: nothing. */
  readonly unless?: (change: Change, moment: Moment) => string | null;
}

const RUNNING = ['collecting', 'training', 'gating', 'registering'] as const;
/** A rollout that has not served everything yet. */
const ON_TRIAL = ['shadow', 'canary', 'ab', 'approval'] as const;
const ROLLING_OUT = [...ON_TRIAL, 'watch'] as const;
/** Steps that only a person ends. */
const HELD = ['ab', 'approval'] as const;

type Of<Kind extends LifecycleKind> = Extract<LifecycleChange, { kind: Kind }>;

/** The whole machine: what may happen, and when. What it then does is `foldLifecycle` and `foldServing`. */
export const TRANSITIONS: { readonly [Kind in LifecycleKind]: Transition<Of<Kind>> } = {
  // training
  run_requested: { run: ['none'], unless: requestedDuringRollout },
  run_resumed: { run: RUNNING },
  data_collected: { run: ['collecting'] },
  model_trained: { run: ['training'] },
  gates_judged: { run: ['gating'] },
  version_registered: { unless: registeredTooEarly },
  candidate_rejected: { run: ['registering'], unless: rejectedWithoutCause },
  run_failed: { run: RUNNING },
  run_cancelled: { run: RUNNING },
  alerts_seen: { unless: offsetsGoBack },

  // rollout
  rollout_started: { rollout: ['none'], unless: nothingToCompare },
  step_entered: { rollout: ON_TRIAL, unless: (change, moment) => held(moment) ?? notTheNextStep(change, moment) },
  guards_looked: { rollout: ROLLING_OUT, unless: lookedBefore },
  approved: { rollout: HELD, unless: whilePaused },
  paused: { rollout: ON_TRIAL, unless: whilePaused },
  resumed: { rollout: ON_TRIAL, unless: whileNotPaused },
  promoted: { rollout: ON_TRIAL, unless: (change, moment) => held(moment) ?? notAtItsEnd(change, moment) },
  watch_ended: { rollout: ['watch'] },
  rolled_back: { unless: wrongWayBack },
  aborted: { rollout: ON_TRIAL },

  // by hand
  champion_set: { rollout: ['none'], unless: servesAlready },
  flag_switched: {},
};

/** One clause for a person; null: the change may happen. */
export function objectionTo(change: LifecycleChange, moment: Moment): string | null {
  const { run, rollout, unless } = TRANSITIONS[change.kind] as Transition<LifecycleChange>;
  const runPhase = moment.state.run?.phase ?? 'none';
  if (run !== undefined && !run.includes(runPhase)) {
    return runPhase === 'none' ? 'no run is under way' : `run ${moment.state.run!.id} is ${runPhase}`;
  }
  const stage = moment.state.rollout?.phase ?? 'none';
  if (rollout !== undefined && !rollout.includes(stage)) {
    return stage === 'none' ? 'no rollout is under way' : `${nameOf(moment)} is in the phase ${stage}`;
  }
  return unless?.(change, moment) ?? null;
}

function nameOf({ state: { rollout } }: Moment): string {
  return rollout === null ? 'no rollout' : `${rollout.id} of version ${rollout.version}`;
}

function requestedDuringRollout({ cause }: Of<'run_requested'>, moment: Moment): string | null {
  if (cause.kind === 'manual' || moment.state.rollout === null) return null;
  return `${nameOf(moment)} is under way, and a trigger waits for its end`;
}

function registeredTooEarly({ run: id }: Of<'version_registered'>, { state: { run } }: Moment): string | null {
  if (id === null) return null;
  if (run?.id !== id) return `${id} is not the run that is under way`;
  if (run.phase !== 'registering') return `${id} is ${run.phase}: its candidate has not passed the gates`;
  const failed = run.gates.filter(({ verdict }) => verdict === 'failed').map(({ gate }) => gate);
  return failed.length === 0 ? null : `its candidate did not pass ${failed.join(', ')}`;
}

function rejectedWithoutCause({ gates }: Of<'candidate_rejected'>, { state: { run } }: Moment): string | null {
  const failed = new Set(run?.gates.filter(({ verdict }) => verdict === 'failed').map(({ gate }) => gate));
  return gates.length > 0 && gates.every((gate) => failed.has(gate)) ? null : 'no gate says so';
}

function offsetsGoBack({ offsets }: Of<'alerts_seen'>, { state: { alertOffsets } }: Moment): string | null {
  const back = alertOffsets.findIndex((offset, partition) => (offsets[partition] ?? 0) < offset);
  return back < 0 ? null : `alerts of partition ${back} were looked at up to ${alertOffsets[back]}`;
}

function nothingToCompare(
  { version, against, steps }: Of<'rollout_started'>,
  { serving: { champion }, clock }: Moment,
): string | null {
  if (champion === null) return 'no version serves with which it could be compared: set the champion by hand';
  if (champion.version === version) return `version ${version} serves already`;
  if (champion.version !== against) return `version ${champion.version} serves, not ${against}`;
  if (clock === null) return 'the log has no event yet, and so no clock for its steps: set the champion by hand';
  const odd = steps.find((step) => 'share' in step && !(step.share > 0 && step.share <= 1));
  return odd === undefined ? null : `a step of kind ${odd.kind} has a share that is not in (0, 1]`;
}

function whilePaused(_: unknown, moment: Moment): string | null {
  return moment.state.rollout?.paused === true ? `${nameOf(moment)} is paused` : null;
}

function whileNotPaused(_: unknown, moment: Moment): string | null {
  return moment.state.rollout?.paused === true ? null : `${nameOf(moment)} is not paused`;
}

/** Paused, or in a step that only a person ends, who has not done so in this very transaction. */
function held(moment: Moment): string | null {
  const paused = whilePaused(undefined, moment);
  const phase = moment.state.rollout?.phase;
  if (paused !== null || moment.before?.kind === 'approved') return paused;
  return phase === 'approval' || phase === 'ab' ? `${nameOf(moment)} waits for approval` : null;
}

function notTheNextStep({ step }: Of<'step_entered'>, moment: Moment): string | null {
  const rollout = moment.state.rollout!;
  if (step !== rollout.step + 1) return `${nameOf(moment)} is in step ${rollout.step + 1}`;
  return step < rollout.steps.length ? null : `${nameOf(moment)} has ${rollout.steps.length} steps`;
}

function notAtItsEnd({ version }: Of<'promoted'>, moment: Moment): string | null {
  const { version: challenger, step, steps } = moment.state.rollout!;
  if (version !== challenger) return `the challenger is version ${challenger}`;
  return step >= steps.length - 1 ? null : `${nameOf(moment)} is in step ${step + 1} of ${steps.length}`;
}

function lookedBefore({ looks }: Of<'guards_looked'>, { state: { rollout } }: Moment): string | null {
  return looks > rollout!.looks ? null : `guards were looked at ${rollout!.looks} times already`;
}

function wrongWayBack({ to }: Of<'rolled_back'>, { state: { rollout }, serving }: Moment): string | null {
  const target = rollout?.against ?? serving.previous?.version;
  if (target === undefined) return 'no version is known that served before: set the champion by hand';
  return to === target ? null : `version ${target} is what served before, not ${to}`;
}

function servesAlready({ version }: Of<'champion_set'>, { serving: { champion } }: Moment): string | null {
  return champion?.version === version ? `version ${version} serves already` : null;
}
