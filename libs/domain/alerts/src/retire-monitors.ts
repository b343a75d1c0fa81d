import type { PipelineDefinition } from '#contracts';
import type { AlertChange, AlertProgress, AlertStates } from './alert-change.js';
import { alertStatePrefixOf } from './alert-keys.js';
import { removedSummary } from './alert-summary.js';
import { unmeasured, type AlertFold } from './fold-alerts.js';

/**
 * What a changed pipeline file does to alerts: those of monitors that it has no more are resolved, as no evaluation will
 * ever do it.
 *
 * @param at.noticedAt wall clock, ms
 */
export function retireMonitors(
  states: AlertStates,
  { monitoring }: Pick<PipelineDefinition, 'monitoring'>,
  at: { readonly pipelineRevision: number; readonly noticedAt: number },
): AlertFold {
  const prefixes = (monitoring?.monitors ?? []).map(({ name }) => alertStatePrefixOf(name));
  const kept: Record<string, AlertProgress> = {};
  const changes: AlertChange[] = [];
  for (const [key, progress] of Object.entries(states).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (prefixes.some((prefix) => key.startsWith(prefix))) kept[key] = progress;
    else if (progress.firing !== null) {
      const { firing } = progress;
      changes.push({
        alert: {
          ...firing,
          state: 'resolved',
          summary: removedSummary(firing),
          value: null,
          threshold: null,
          noticed_at: at.noticedAt,
          pipeline_revision: at.pipelineRevision,
          query: '',
        },
        measurement: unmeasured(firing),
      });
    }
  }
  return { states: kept, changes };
}
