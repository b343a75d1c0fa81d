import type { RolloutStep } from './rollout-definition.js';

export type RolloutPhase =
  /** The challenger only looks on. */
  | 'shadow'
  /** It serves a share of the keys. */
  | 'canary'
  | 'ab'
  /** A person must approve. */
  | 'approval'
  /** It serves everything; guards still compare it with the version before. */
  | 'watch';

/** A version on its way to serve. It ends promoted, rolled back or aborted, and is then gone from the state. */
export interface RolloutState {
  /** `rollout-<sequence of the event that began it>`. */
  readonly id: string;
  readonly version: string;
  /** The champion when it began: what it is compared with. */
  readonly against: string;
  /** As in force when it began: a rollout is not changed under way. */
  readonly steps: readonly RolloutStep[];
  /** Index of the step that it is in; `steps.length` in the watch. */
  readonly step: number;
  readonly phase: RolloutPhase;
  readonly paused: boolean;
  readonly salt: string;
  /** Pipeline's clock, event time ms, when the rollout, and when this step, began. */
  readonly startedAt: number;
  readonly stepStartedAt: number;
  /** Evaluations of the guards so far, and the clock of the last. */
  readonly looks: number;
  readonly lookedAt: number | null;
  readonly startedBy: string;
  readonly reason: string;
}
