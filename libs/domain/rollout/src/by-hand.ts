import type { RolloutDefinition, RolloutState } from '#contracts';
import type { Decision } from './decision.js';
import type { LoopRecord } from './loop-record.js';
import { passOn } from './next-step.js';

/** What a person decides, as decisions for `advance`, which refuses what the state does not allow. */

const NO_EVIDENCE = {};

/** What is to be known for a version to begin to serve. */
export interface Appointing {
  readonly version: string;
  readonly reason: string;
  /** Of the pipeline; undefined: it has no rollout. */
  readonly definition: RolloutDefinition | undefined;
  /** The pipeline's clock; null: its log has no event. */
  readonly clock: number | null;
}

/**
 * A version is to serve: by the pipeline's rollout, or at once where it has none, where there is no champion to compare it with,
 * or where the log has no event to compare by.
 */
export function decideRolloutStart({ serving }: LoopRecord, appointing: Appointing): readonly Decision[] {
  const { version, reason, definition, clock } = appointing;
  const { champion } = serving;
  if (definition === undefined || champion === null || clock === null) {
    return [setChampion(version, reason, champion === null ? 'no version served before it' : 'without a rollout')];
  }
  const { steps, guards } = definition;
  const started: Decision = {
    change: { kind: 'rollout_started', version, against: champion.version, steps, reason },
    version,
    summary: `Version ${version} is rolled out against ${champion.version} in ${steps.length} steps: ${reason}.`,
    evidence: { steps, guards },
  };
  if (steps.length > 0) return [started];
  const whole = { version, against: champion.version, steps, step: 0 };
  return [started, passOn(whole, definition, 'its rollout has no steps', NO_EVIDENCE)];
}

/** A version serves at once, whatever the rollout says; one that is under way ends first. */
export function decideChampion({ state }: LoopRecord, version: string, reason: string): readonly Decision[] {
  return [...ended(state.rollout, `version ${version} was set by hand`), setChampion(version, reason, 'by hand')];
}

/**
 * Back to what served before: a challenger is dropped, and a version that serves everything gives way to the one before
 * it.
 */
export function decideRollback({ state: { rollout }, serving }: LoopRecord, reason: string): readonly Decision[] {
  const to = rollout?.against ?? serving.previous?.version ?? '';
  const from = rollout?.version ?? serving.champion?.version ?? null;
  return [rolledBack(from, to, reason, NO_EVIDENCE)];
}

export function decideAbort({ state: { rollout } }: LoopRecord, reason: string): readonly Decision[] {
  return [aborted(rollout, reason)];
}

/** The step that waits for a person, or the A/B test, is over: the next one begins, or the challenger is promoted. */
export function decideApproval(
  { state: { rollout } }: LoopRecord,
  reason: string,
  definition: Pick<RolloutDefinition, 'watchMs'>,
): readonly Decision[] {
  const approved: Decision = {
    change: { kind: 'approved' },
    version: rollout?.version ?? null,
    summary: `Step ${(rollout?.step ?? 0) + 1} of version ${rollout?.version} is approved: ${reason}.`,
    evidence: NO_EVIDENCE,
  };
  return rollout === null ? [approved] : [approved, passOn(rollout, definition, `approved: ${reason}`, NO_EVIDENCE)];
}

export function decidePause({ state: { rollout } }: LoopRecord, reason: string): readonly Decision[] {
  return [said({ kind: 'paused' }, rollout, `is paused: ${reason}`)];
}

export function decideResume({ state: { rollout } }: LoopRecord, reason: string): readonly Decision[] {
  return [said({ kind: 'resumed' }, rollout, `goes on: ${reason}`)];
}

/** @param from null: no version served */
export function rolledBack(from: string | null, to: string, reason: string, evidence: Decision['evidence']): Decision {
  return {
    change: { kind: 'rolled_back', to, reason },
    version: from,
    summary: `Version ${from} is rolled back, ${to} serves: ${reason}.`,
    evidence,
  };
}

function setChampion(version: string, reason: string, how: string): Decision {
  return {
    change: { kind: 'champion_set', version, reason },
    version,
    summary: `Version ${version} serves, ${how}: ${reason}.`,
    evidence: NO_EVIDENCE,
  };
}

function ended(rollout: RolloutState | null, reason: string): readonly Decision[] {
  if (rollout === null) return [];
  if (rollout.phase !== 'watch') return [aborted(rollout, reason)];
  return [said({ kind: 'watch_ended' }, rollout, `is no longer watched: ${reason}`)];
}

function aborted(rollout: RolloutState | null, reason: string): Decision {
  return said({ kind: 'aborted', reason }, rollout, `is given up: ${reason}`);
}

function said(change: Decision['change'], rollout: RolloutState | null, clause: string): Decision {
  return {
    change,
    version: rollout?.version ?? null,
    summary: `The rollout of version ${rollout?.version ?? 'none'} ${clause}.`,
    evidence: NO_EVIDENCE,
  };
}
