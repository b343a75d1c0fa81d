import type { PipelineDefinition, PipelineFlag } from '#contracts';
import { decideTriggers, type Decision, type LoopRecord } from '#domain/rollout';
import type { LogReading, LoopLog } from './log-reading.js';
import type { AlertInbox } from './new-alerts.js';

const NO_ALERTS = { alerts: [], offsets: [] };

/** Where triggers look. */
export interface TriggerSources {
  readonly log: Pick<LoopLog, 'began'>;
  readonly inbox: AlertInbox;
  readonly flags: readonly PipelineFlag[];
}

/** Whether anything asks for a new model. @throws weather */
export async function lookAtTriggers(
  definition: PipelineDefinition,
  { state }: LoopRecord,
  { clockMs, labels }: LogReading,
  { log, inbox, flags }: TriggerSources,
): Promise<readonly Decision[]> {
  const { retrain, monitoring, label } = definition;
  if (retrain === undefined) return [];
  const { alerts, offsets } = monitoring === undefined ? NO_ALERTS : await inbox.look(state.alertOffsets);
  return decideTriggers({
    definition: retrain,
    state,
    clock: clockMs,
    newAlerts: alerts,
    alertOffsets: offsets,
    labels: label === undefined ? null : labels,
    flags,
    logBegan: retrain.triggers.some(({ on }) => on === 'schedule') ? await log.began() : null,
  });
}
