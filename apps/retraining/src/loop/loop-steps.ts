import { channel } from 'node:diagnostics_channel';
import { LIFECYCLE_TOPIC, lifecyclePartitionOf } from '#contracts';
import { DURABLE_STEPS_CHANNEL } from '#platform/kafka';

/** The moments of a loop between which a death leaves something different behind. */
export const LOOP_STEPS = ['loop_fenced', 'phase_begun', 'phase_done', 'decided', 'committed'] as const;

export type LoopStep = (typeof LOOP_STEPS)[number];

const steps = channel(DURABLE_STEPS_CHANNEL);

/**
 * Announces a step where the transport announces its own.
 *
 * @param at what the loop was in, or what was decided: a phase of a run or rollout, `idle`, the kind of the first change
 */
export async function reached(step: LoopStep, pipeline: string, at: string): Promise<void> {
  if (!steps.hasSubscribers) return;
  const holds: Promise<unknown>[] = [];
  steps.publish({
    step,
    group: pipeline,
    topic: `${LIFECYCLE_TOPIC}/${pipeline}/${at}`,
    partition: lifecyclePartitionOf(pipeline),
    hold: (until: Promise<unknown>) => void holds.push(until),
  });
  await Promise.all(holds);
}
