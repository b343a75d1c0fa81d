import type { RolloutState } from './rollout-state.js';
import type { TrainingRun } from './training-run.js';

export type ChallengerMode = 'shadow' | 'canary' | 'ab';

/** Who plays which part, key `<pipeline>/serving` on `eddyline.registry`. The only thing that routing looks at. */
export interface Serving {
  readonly kind: 'serving';
  readonly pipeline: string;
  /** Counted up with each change; a partition never goes back to an older one. */
  readonly sequence: number;
  /** Null: no version serves yet. */
  readonly champion: Appointment | null;
  readonly challenger:
    | (Appointment & {
        readonly mode: ChallengerMode;
        /** Share of the keys that it serves, in [0, 1]; 0 in the shadow. */
        readonly share: number;
        /** Keys stay with their arm as long as this is the same. */
        readonly salt: string;
      })
    | null;
  /** The champion before this one: where a rollback goes. */
  readonly previous: Appointment | null;
}

export interface Appointment {
  readonly version: string;
  /** Wall clock, ISO 8601. */
  readonly since: string;
  readonly changedBy: string;
  readonly reason: string;
}

/** Switches of a pipeline that are set while it runs, key `<pipeline>/flags` on `eddyline.registry`. */
export interface PipelineFlags {
  readonly kind: 'flags';
  readonly pipeline: string;
  readonly sequence: number;
  readonly flags: readonly PipelineFlag[];
}

/**
 * `target`: `explanations`, `feature:<name>` (off: the model is given it as missing), `rule:<name>` (off: the expectation is not
 * checked), `monitor:<name>`, `retraining`, `threshold` (with a value in place of the file's).
 */
export interface PipelineFlag {
  readonly target: string;
  readonly on: boolean;
  /** Only `threshold`. */
  readonly value: number | null;
  /** Share of the keys for which the switch holds, in (0, 1]; the others are as the file says. */
  readonly share: number;
  /** ISO 8601. */
  readonly since: string;
  readonly changedBy: string;
  readonly reason: string;
}

/**
 * Where the loop of a pipeline stands, key `<pipeline>/lifecycle` on `eddyline.registry`: the fold of its events on
 * `eddyline.lifecycle` up to `sequence`, published in one transaction with the last of them.
 */
export interface LifecycleState {
  readonly kind: 'lifecycle';
  readonly pipeline: string;
  /** Of the last event; 0: none. */
  readonly sequence: number;
  /** Offsets on `<pipeline>.alerts` up to which alerts were looked at, by partition. */
  readonly alertOffsets: readonly number[];
  /** The run that is under way; at most one. */
  readonly run: TrainingRun | null;
  /** The rollout that is under way, or watched after its promotion; at most one. */
  readonly rollout: RolloutState | null;
  /** Pipeline's clock (event time, ms) when the last run was asked for, for cool-down and schedules; null: never. */
  readonly lastRunAt: number | null;
  /** Labels that the log had by then. */
  readonly labelsAtLastRun: number;
  readonly runs: number;
  readonly promotions: number;
  readonly rollbacks: number;
  readonly rejections: number;
}
