import type { ModelVersion, TrainingRun } from '#contracts';
import type { RunContext } from './decide-run.js';
import type { RegisteredModel } from './phase-messages.js';

/** The version that a run ends in, with its card: where it comes from and what it has shown. */
export function registrationOf(
  { definition, record, service, nowMs }: RunContext,
  run: TrainingRun,
  { reference, ...model }: RegisteredModel,
  version: string,
): ModelVersion {
  const { candidate, dataset } = run;
  return {
    kind: 'version',
    pipeline: definition.name,
    version,
    task: definition.model.task,
    ...model,
    registeredAt: new Date(nowMs).toISOString(),
    registeredBy: service,
    description: `${run.id}: ${run.cause.detail}`,
    reference,
    card: {
      trainer: candidate!.trainer,
      parameters: candidate!.parameters,
      metrics: candidate!.metrics,
      dataset,
      gates: run.gates,
      lineage: { parent: record.serving.champion?.version ?? null, run: run.id, cause: run.cause },
    },
    ...(candidate!.explainer === null ? {} : { explainer: candidate!.explainer }),
  };
}
