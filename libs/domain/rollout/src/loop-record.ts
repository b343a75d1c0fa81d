import type { LifecycleState, Serving } from '#contracts';

/** What is decided about of one pipeline: both are published in the transaction that publishes the events. */
export interface LoopRecord {
  readonly state: LifecycleState;
  readonly serving: Serving;
}

/** A pipeline to which nothing has happened yet. */
export function NO_LIFECYCLE(pipeline: string): LifecycleState {
  return {
    kind: 'lifecycle',
    pipeline,
    sequence: 0,
    alertOffsets: [],
    run: null,
    rollout: null,
    lastRunAt: null,
    labelsAtLastRun: 0,
    runs: 0,
    promotions: 0,
    rollbacks: 0,
    rejections: 0,
  };
}

/** A pipeline that no model serves yet. */
export function NOT_SERVING(pipeline: string): Serving {
  return { kind: 'serving', pipeline, sequence: 0, champion: null, challenger: null, previous: null };
}
