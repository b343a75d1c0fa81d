import type { LabelDefinition, RetrainDefinition, TrainingRun } from '#contracts';
import { takeDataset, type TrainingRange } from '#platform/training-data';
import { refused, type Phase } from './phase-ports.js';
import { trainingSettingsOf } from './training-settings.js';

/**
 * Takes the rows out of the log, as they were known when the run was asked for. Repeated, it takes the same, but for labels of that
 * time that have come in between.
 */
export const collect: Phase = async ({ definition, run, resources }, { clickhouse, artifacts, tell, signal }) => {
  const { label } = definition;
  const settings = trainingSettingsOf(definition);
  if (label === undefined)
    return refused(`${definition.name} has no labels to learn from: its file declares none (label: …)`);
  tell({ text: 'collects labelled events', ratio: null });
  const range = rangeOf(run, label, settings);
  const bounds = resources.dataQuery;
  const taken = await takeDataset(clickhouse, definition, range, { minRows: settings.minRows, bounds, signal });
  if (!taken.ok) return refused(taken.reason);
  const { dataset, query } = taken;
  const stored = await artifacts.put(dataset.bytes);
  const { sha256, rows, fromMs, toMs } = dataset;
  return {
    kind: 'done',
    product: {
      phase: 'collecting',
      dataset: {
        artifactUri: stored.uri,
        artifactSha256: stored.sha256,
        sha256,
        rows,
        fromMs,
        toMs,
        query,
        source: null,
      },
    },
  };
};

function rangeOf(
  { clock }: TrainingRun,
  { time }: LabelDefinition,
  { windowMs, maxRows }: Pick<RetrainDefinition, 'windowMs' | 'maxRows'>,
): TrainingRange {
  return {
    fromMs: clock === null || windowMs === null ? null : clock - windowMs,
    toMs: clock === null ? null : clock + 1,
    // Labels that do not say when they became known have the time at which Kafka took them, which is no event time.
    labelsUntilMs: time === null ? null : clock,
    maxRows,
  };
}
