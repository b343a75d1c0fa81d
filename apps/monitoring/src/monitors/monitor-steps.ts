import { channel } from 'node:diagnostics_channel';
import { DURABLE_STEPS_CHANNEL } from '#platform/kafka';

/** The moments of monitors between which a death leaves something different behind, in the order in which they come. */
export const MONITOR_STEPS = [
  'monitors_fenced',
  'tick_written',
  'windows_evaluated',
  'results_written',
  'alerts_published',
] as const;

export type MonitorStep = (typeof MONITOR_STEPS)[number];

const steps = channel(DURABLE_STEPS_CHANNEL);

/** Announces a step where the transport announces its own. @param topic what the pipeline's monitors run on */
export async function reached(step: MonitorStep, group: string, topic: string): Promise<void> {
  if (!steps.hasSubscribers) return;
  const holds: Promise<unknown>[] = [];
  steps.publish({ step, group, topic, partition: 0, hold: (until: Promise<unknown>) => void holds.push(until) });
  await Promise.all(holds);
}
