import type { LifecycleChange, LifecycleEvent } from '#contracts';
import type { Decision } from './decision.js';
import { foldLifecycle } from './fold-lifecycle.js';
import { foldServing } from './fold-serving.js';
import type { LoopRecord } from './loop-record.js';
import { NotAllowed, objectionTo } from './transitions.js';

/** Who decides, and when. */
export interface DecisionContext {
  /** Service or person. */
  readonly by: string;
  /** Wall clock, ms. */
  readonly atMs: number;
  /** The pipeline's clock: event time, ms; null where its log has no event yet. */
  readonly clock: number | null;
}

export interface Advance extends LoopRecord {
  /** One per decision, in order. */
  readonly events: readonly LifecycleEvent[];
}

/**
 * Decisions become events, one after the other; all of them belong into one transaction.
 * @throws NotAllowed where a change does not fit the state that the decisions before it left; nothing is to be published then
 */
export function advance(record: LoopRecord, decisions: readonly Decision[], context: DecisionContext): Advance {
  let { state, serving } = record;
  let before: LifecycleChange | null = null;
  const events: LifecycleEvent[] = [];
  for (const decision of decisions) {
    const objection = objectionTo(decision.change, { state, serving, before, clock: context.clock });
    if (objection !== null) throw new NotAllowed(state.pipeline, decision.change.kind, objection);
    const plain = toEvent({ state, serving }, decision, context);
    const next = foldRecord({ state, serving }, plain);
    events.push({
      ...plain,
      run: next.state.run?.id ?? state.run?.id ?? null,
      rollout: next.state.rollout?.id ?? state.rollout?.id ?? null,
      champion: next.serving.champion?.version ?? null,
      challenger: next.serving.challenger?.version ?? null,
      share: next.serving.challenger?.share ?? 0,
    });
    ({ state, serving } = next);
    before = decision.change;
  }
  return { state, serving, events };
}

/** What the log says, read again. */
export function foldRecord({ state, serving }: LoopRecord, event: LifecycleEvent): LoopRecord {
  const next = foldLifecycle(state, event);
  return { state: next, serving: foldServing(serving, event, next.rollout) };
}

function toEvent({ state, serving }: LoopRecord, decision: Decision, context: DecisionContext): LifecycleEvent {
  const { change, version, summary, evidence } = decision;
  return {
    pipeline: state.pipeline,
    sequence: state.sequence + 1,
    change,
    at: context.atMs,
    clock: context.clock,
    run: null,
    rollout: null,
    version,
    champion: serving.champion?.version ?? null,
    challenger: serving.challenger?.version ?? null,
    share: serving.challenger?.share ?? 0,
    by: context.by,
    summary,
    evidence,
  };
}
