import { type AlertControl, type AppliedPipeline, type PipelineDefinition, type RegistryEntry } from '#contracts';

export function fromAppliedPipeline(applied: AppliedPipeline): Record<string, unknown> {
  return {
    name: applied.definition.name,
    revision: applied.revision,
    sha256: applied.sha256,
    applied_at: applied.appliedAt,
    applied_by: applied.appliedBy,
    event_schema_id: applied.schemaIds.event,
    prediction_schema_id: applied.schemaIds.prediction,
    other_schema_ids: JSON.stringify(others(applied.schemaIds)),
    definition: JSON.stringify(applied.definition),
  };
}

export function toAppliedPipeline(value: Record<string, unknown>): AppliedPipeline {
  return {
    definition: JSON.parse(value['definition'] as string) as PipelineDefinition,
    revision: value['revision'] as number,
    sha256: value['sha256'] as string,
    appliedAt: value['applied_at'] as string,
    appliedBy: value['applied_by'] as string,
    schemaIds: {
      ...(JSON.parse(value['other_schema_ids'] as string) as Omit<
        AppliedPipeline['schemaIds'],
        'event' | 'prediction'
      >),
      event: value['event_schema_id'] as number,
      prediction: value['prediction_schema_id'] as number,
    },
  };
}

function others({ event: _event, prediction: _prediction, ...ids }: AppliedPipeline['schemaIds']): object {
  return ids;
}

export function fromRegistryEntry(entry: RegistryEntry): Record<string, unknown> {
  return {
    pipeline: entry.pipeline,
    kind: entry.kind,
    recorded_at: entry.kind === 'version' ? entry.registeredAt : entry.since,
    recorded_by: entry.kind === 'version' ? entry.registeredBy : entry.changedBy,
    body: JSON.stringify(entry),
  };
}

export function toRegistryEntry(value: Record<string, unknown>): RegistryEntry {
  return JSON.parse(value['body'] as string) as RegistryEntry;
}

export function fromAlertControl(control: AlertControl): Record<string, unknown> {
  return { pipeline: control.pipeline, kind: control.kind, body: JSON.stringify(control) };
}

/** Undefined: no control that this version knows. */
export function toAlertControl(value: Record<string, unknown>): AlertControl | undefined {
  try {
    const control = JSON.parse(value['body'] as string) as AlertControl | null;
    return control?.kind === 'silence' || control?.kind === 'acknowledgement' ? control : undefined;
  } catch {
    return undefined;
  }
}
