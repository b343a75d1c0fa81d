import type {
  AlertControl,
  AppliedPipeline,
  LifecycleChange,
  LifecycleEvent,
  PipelineDefinition,
  RegistryEntry,
} from '#contracts';

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
  const { at, by } = recordedOf(entry);
  return {
    pipeline: entry.pipeline,
    kind: entry.kind,
    recorded_at: at,
    recorded_by: by,
    body: JSON.stringify(entry),
  };
}

/** Of a fold there is no telling but by its events: who wrote it is in the last of them. */
function recordedOf(entry: RegistryEntry): { readonly at: string; readonly by: string } {
  switch (entry.kind) {
    case 'version':
      return { at: entry.registeredAt, by: entry.registeredBy };
    case 'serving': {
      const { challenger, champion } = entry;
      const last = [challenger, champion].reduce((a, b) => (a !== null && (b === null || a.since >= b.since) ? a : b));
      return { at: last?.since ?? '', by: last?.changedBy ?? '' };
    }
    case 'flags': {
      const last = entry.flags.toSorted((a, b) => (a.since < b.since ? 1 : -1))[0];
      return { at: last?.since ?? '', by: last?.changedBy ?? '' };
    }
    case 'lifecycle':
      return { at: '', by: '' };
  }
}

const ENTRY_KINDS: readonly string[] = ['version', 'serving', 'lifecycle', 'flags'];

/** Undefined: no entry that this version knows. */
export function toRegistryEntry(value: Record<string, unknown>): RegistryEntry | undefined {
  return ENTRY_KINDS.includes(value['kind'] as string)
    ? (JSON.parse(value['body'] as string) as RegistryEntry)
    : undefined;
}

export function fromLifecycleEvent(event: LifecycleEvent): Record<string, unknown> {
  const { change, evidence, ...rest } = event;
  return { ...rest, kind: change.kind, change: JSON.stringify(change), evidence: JSON.stringify(evidence) };
}

export function toLifecycleEvent(value: Record<string, unknown>): LifecycleEvent {
  const { kind: _kind, change, evidence, sequence, at, clock, ...rest } = value;
  return {
    ...(rest as Omit<LifecycleEvent, 'change' | 'evidence' | 'sequence' | 'at' | 'clock'>),
    sequence: Number(sequence),
    at: Number(at),
    clock: clock === null ? null : Number(clock),
    change: JSON.parse(change as string) as LifecycleChange,
    evidence: JSON.parse(evidence as string) as LifecycleEvent['evidence'],
  };
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
