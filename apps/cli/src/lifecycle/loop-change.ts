import type { LifecycleEvent, ModelVersion, PipelineFlags, RegistryEntry } from '#contracts';
import { advance, NO_LIFECYCLE, NOT_SERVING, type Decision, type LoopRecord } from '#domain/rollout';
import type { ModelRecord } from '#platform/control';

/** Where a pipeline's loop stands, as whoever decides sees it. */
export interface LoopView {
  readonly record: LoopRecord;
  readonly versions: readonly ModelVersion[];
  readonly flags: PipelineFlags | null;
}

/** What a person decided, and what it brings to the registry beside who serves and where the loop stands. */
export interface LoopChange {
  readonly decisions: readonly Decision[];
  readonly entries?: readonly RegistryEntry[];
}

export type DecideChange = (view: LoopView) => LoopChange;

export interface LoopChanged {
  readonly before: LoopView;
  readonly after: LoopRecord;
  /** None: nothing was to be changed. */
  readonly events: readonly LifecycleEvent[];
  /** Of the registry, in the order in which they are to be published. */
  readonly entries: readonly RegistryEntry[];
}

export interface ChangeContext {
  readonly by: string;
  readonly atMs: number;
  /** The pipeline's clock: event time, ms; null: not known, or none. */
  readonly clock: number | null;
}

export function loopViewOf(pipeline: string, { versions, serving, lifecycle, flags }: ModelRecord): LoopView {
  const record = { state: lifecycle ?? NO_LIFECYCLE(pipeline), serving: serving ?? NOT_SERVING(pipeline) };
  return { record, versions, flags };
}

/** A person's decision as events and entries. @throws NotAllowed */
export function planChange(before: LoopView, decide: DecideChange, context: ChangeContext): LoopChanged {
  const { decisions, entries = [] } = decide(before);
  const { state, serving, events } = advance(before.record, decisions, context);
  const after = { state, serving };
  const changed = [
    ...entries,
    ...(events.length === 0 ? [] : [state]),
    ...(serving === before.record.serving ? [] : [serving]),
  ];
  return { before, after, events, entries: changed };
}
