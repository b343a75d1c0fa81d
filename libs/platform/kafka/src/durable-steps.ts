import { channel } from 'node:diagnostics_channel';

/**
 * The moments between which a death leaves something different behind, in the order in which they come.
 *
 * A partition is acquired: `fenced` (earlier owners can commit nothing any more), `position_read`.
 * Topic → topic: `handled` (nothing is durable yet), `appended` (each send; invisible to read-committed readers),
 * `offset_added`, `committed`.
 * Topic → outside store: `intent_committed`, `written`, `range_committed`.
 */
export const DURABLE_STEPS = [
  'fenced',
  'position_read',
  'handled',
  'appended',
  'offset_added',
  'committed',
  'intent_committed',
  'written',
  'range_committed',
] as const;

export type DurableStep = (typeof DURABLE_STEPS)[number];

/** Diagnostics channel on which every step is announced. Nobody listens in production: then a step costs one look. */
export const DURABLE_STEPS_CHANNEL = 'eddyline.durable-steps';

export interface StepPlace {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
}

/** What a listener gets; it is called synchronously, at the step. */
export interface DurableStepReached extends StepPlace {
  readonly step: DurableStep;
  /** The stage goes on when this resolves; when it rejects, the step counts as failed with that error. */
  hold(until: Promise<unknown>): void;
}

const steps = channel(DURABLE_STEPS_CHANNEL);

/** Announces a step. Faults are rehearsed by a listener that kills the process, holds the step or fails it. */
export async function reached(step: DurableStep, { group, topic, partition }: StepPlace): Promise<void> {
  if (!steps.hasSubscribers) return;
  const holds: Promise<unknown>[] = [];
  const message: DurableStepReached = { step, group, topic, partition, hold: (until) => void holds.push(until) };
  steps.publish(message);
  await Promise.all(holds);
}
