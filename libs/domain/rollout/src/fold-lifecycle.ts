import type { LifecycleEvent, LifecycleState, RolloutPhase, RolloutState, RolloutStep, TrainingRun } from '#contracts';

/**
 * The state after an event. It judges nothing: whether a change is allowed is asked before it becomes an event
 * (`advance`), so that a log that has been written is always read the same.
 */
export function foldLifecycle(state: LifecycleState, event: LifecycleEvent): LifecycleState {
  return { ...state, ...changed(state, event), sequence: event.sequence };
}

function changed(state: LifecycleState, event: LifecycleEvent): Partial<LifecycleState> {
  const { change } = event;
  switch (change.kind) {
    case 'run_requested':
      return {
        run: beginRun(event, change),
        lastRunAt: event.clock ?? state.lastRunAt,
        labelsAtLastRun: change.labels,
        runs: state.runs + 1,
      };
    case 'run_resumed':
      return inRun(state, (run) => ({ attempt: run.attempt + 1 }));
    case 'data_collected':
      // There is nothing to train where the candidate came with the request.
      return inRun(state, ({ candidate }) => ({
        phase: candidate === null ? 'training' : 'gating',
        attempt: 1,
        dataset: change.dataset,
      }));
    case 'model_trained':
      return inRun(state, () => ({ phase: 'gating', attempt: 1, candidate: change.candidate }));
    case 'gates_judged':
      return inRun(state, () => ({ phase: 'registering', attempt: 1, gates: change.gates }));
    case 'version_registered':
      return change.run === null ? {} : { run: null };
    case 'candidate_rejected':
      return { run: null, rejections: state.rejections + 1 };
    case 'run_failed':
    case 'run_cancelled':
      return { run: null };
    case 'alerts_seen':
      return { alertOffsets: change.offsets };
    case 'rollout_started':
      return { rollout: beginRollout(event, change) };
    case 'step_entered':
      return inRollout(state, ({ steps, stepStartedAt }) => ({
        step: change.step,
        phase: phaseOf(steps[change.step]),
        stepStartedAt: event.clock ?? stepStartedAt,
      }));
    case 'guards_looked':
      return inRollout(state, () => ({ looks: change.looks, lookedAt: event.clock }));
    case 'paused':
      return inRollout(state, () => ({ paused: true }));
    case 'resumed':
      return inRollout(state, () => ({ paused: false }));
    case 'promoted':
      return {
        promotions: state.promotions + 1,
        ...(change.watched
          ? inRollout(state, ({ steps, stepStartedAt }) => ({
              step: steps.length,
              phase: 'watch',
              stepStartedAt: event.clock ?? stepStartedAt,
            }))
          : { rollout: null }),
      };
    case 'rolled_back':
      return { rollout: null, rollbacks: state.rollbacks + 1 };
    case 'watch_ended':
    case 'aborted':
      return { rollout: null };
    case 'approved':
    case 'champion_set':
    case 'flag_switched':
      return {};
  }
}

/** A challenger looks on where no step says more. */
export function phaseOf(step: RolloutStep | undefined): RolloutPhase {
  return step?.kind ?? 'shadow';
}

function beginRun(
  event: LifecycleEvent,
  { cause, candidate }: Extract<LifecycleEvent['change'], { kind: 'run_requested' }>,
): TrainingRun {
  return {
    id: `run-${event.sequence}`,
    cause,
    requestedBy: event.by,
    clock: event.clock,
    requestedAt: new Date(event.at).toISOString(),
    phase: 'collecting',
    attempt: 1,
    dataset: null,
    candidate: candidate ?? null,
    gates: [],
  };
}

function beginRollout(
  event: LifecycleEvent,
  { version, against, steps, reason }: Extract<LifecycleEvent['change'], { kind: 'rollout_started' }>,
): RolloutState {
  const id = `rollout-${event.sequence}`;
  // `advance` starts none without a clock.
  const startedAt = event.clock ?? event.at;
  return {
    id,
    version,
    against,
    steps,
    step: 0,
    phase: phaseOf(steps[0]),
    paused: false,
    salt: id,
    startedAt,
    stepStartedAt: startedAt,
    looks: 0,
    lookedAt: null,
    startedBy: event.by,
    reason,
  };
}

function inRun(state: LifecycleState, change: (run: TrainingRun) => Partial<TrainingRun>): Partial<LifecycleState> {
  return state.run === null ? {} : { run: { ...state.run, ...change(state.run) } };
}

function inRollout(
  state: LifecycleState,
  change: (rollout: RolloutState) => Partial<RolloutState>,
): Partial<LifecycleState> {
  return state.rollout === null ? {} : { rollout: { ...state.rollout, ...change(state.rollout) } };
}
