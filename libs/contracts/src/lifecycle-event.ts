import type { AvroRecordSchema } from './avro.js';
import type { RolloutStep } from './rollout-definition.js';
import type { Candidate, Dataset, GateResult, RunCause } from './training-run.js';

/**
 * What happened to a pipeline's models: all that the fold of the state needs. Beginnings take the ids that their event's
 * sequence gives them.
 */
export type LifecycleChange =
  // training
  | {
      readonly kind: 'run_requested';
      readonly cause: RunCause;
      /** Labels that the log had. */
      readonly labels: number;
      /** A model made elsewhere, which is held to the gates as a trained one is; left out: one is trained. */
      readonly candidate?: Candidate;
    }
  /** A phase is begun anew, by whoever found it unfinished. */
  | { readonly kind: 'run_resumed' }
  | { readonly kind: 'data_collected'; readonly dataset: Dataset }
  | { readonly kind: 'model_trained'; readonly candidate: Candidate }
  | { readonly kind: 'gates_judged'; readonly gates: readonly GateResult[] }
  /** By the run, which ends with it; null: by hand. */
  | { readonly kind: 'version_registered'; readonly version: string; readonly run: string | null }
  | { readonly kind: 'candidate_rejected'; readonly gates: readonly string[] }
  | { readonly kind: 'run_failed'; readonly reason: string }
  | { readonly kind: 'run_cancelled'; readonly reason: string }
  /** Alerts up to here were looked at; with the cause where one would have asked for a run but may not (cool-down, one under way). */
  | { readonly kind: 'alerts_seen'; readonly offsets: readonly number[]; readonly passedOver: RunCause | null }
  // rollout
  | {
      readonly kind: 'rollout_started';
      readonly version: string;
      readonly against: string;
      readonly steps: readonly RolloutStep[];
      readonly reason: string;
    }
  | { readonly kind: 'step_entered'; readonly step: number }
  /** Guards were looked at and none was breached. */
  | { readonly kind: 'guards_looked'; readonly looks: number }
  | { readonly kind: 'approved' }
  | { readonly kind: 'paused' }
  | { readonly kind: 'resumed' }
  /** It serves everything now; `watched`: guards go on for a while. */
  | { readonly kind: 'promoted'; readonly version: string; readonly watched: boolean }
  | { readonly kind: 'watch_ended' }
  /** By a guard, a deadline or a person; the champion is what it was before. */
  | { readonly kind: 'rolled_back'; readonly to: string; readonly reason: string }
  /** Given up before it served everything, by a person. */
  | { readonly kind: 'aborted'; readonly reason: string }
  // by hand
  | { readonly kind: 'champion_set'; readonly version: string; readonly reason: string }
  | { readonly kind: 'flag_switched'; readonly target: string; readonly on: boolean; readonly value: number | null };

export type LifecycleKind = LifecycleChange['kind'];

/** The value on `eddyline.lifecycle`, in the partition of its pipeline. */
export interface LifecycleEvent {
  readonly pipeline: string;
  /** Counted up per pipeline from 1, without gaps. */
  readonly sequence: number;
  readonly change: LifecycleChange;
  /** Wall clock, ms. */
  readonly at: number;
  /** The pipeline's clock: event time, ms; null where it has none. */
  readonly clock: number | null;
  readonly run: string | null;
  readonly rollout: string | null;
  /** The version that it is about; null: none. */
  readonly version: string | null;
  /** Who serves after it; null: nobody. So "what served at time T" is the last event at or before T. */
  readonly champion: string | null;
  readonly challenger: string | null;
  /** Share of the keys that the challenger serves. */
  readonly share: number;
  /** Service or person. */
  readonly by: string;
  /** One sentence for a person, with the figures. */
  readonly summary: string;
  /** What the decision rests on, JSON-safe: queries, figures, bounds, alert ids. */
  readonly evidence: Readonly<Record<string, unknown>>;
}

const timestamp = { type: 'long', logicalType: 'timestamp-millis' } as const;

/** Schema of `eddyline.lifecycle`. Change and evidence are JSON text. */
export const LIFECYCLE_EVENT_SCHEMA: AvroRecordSchema = {
  type: 'record',
  name: 'LifecycleEvent',
  namespace: 'eddyline',
  fields: [
    { name: 'pipeline', type: 'string' },
    { name: 'sequence', type: 'long' },
    { name: 'kind', type: 'string' },
    { name: 'change', type: 'string', doc: 'JSON of LifecycleChange' },
    { name: 'at', type: timestamp },
    { name: 'clock', type: ['null', timestamp] },
    { name: 'run', type: ['null', 'string'] },
    { name: 'rollout', type: ['null', 'string'] },
    { name: 'version', type: ['null', 'string'] },
    { name: 'champion', type: ['null', 'string'] },
    { name: 'challenger', type: ['null', 'string'] },
    { name: 'share', type: 'double' },
    { name: 'by', type: 'string' },
    { name: 'summary', type: 'string' },
    { name: 'evidence', type: 'string', doc: 'JSON' },
  ],
};

/** ClickHouse database of what all pipelines share; its table `lifecycle` has every event. */
export const LIFECYCLE_DATABASE = 'eddyline';

/** Partitions of `eddyline.lifecycle`; whoever holds a pipeline's partition looks after its loop. Never changed. */
export const LIFECYCLE_PARTITIONS = 8;

/** FNV-1a over the name's UTF-16 units: where a pipeline's lifecycle lies. */
export function lifecyclePartitionOf(pipeline: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < pipeline.length; i++) hash = Math.imul(hash ^ pipeline.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % LIFECYCLE_PARTITIONS;
}
