import type { LifecycleState, ModelVersion, PipelineFlags, RegistryEntry, Serving } from '#contracts';

/** What the registry holds of one pipeline; null: nothing yet. */
export interface ModelRecord {
  /** In the order of their numbers. */
  readonly versions: readonly ModelVersion[];
  readonly serving: Serving | null;
  readonly lifecycle: LifecycleState | null;
  readonly flags: PipelineFlags | null;
}

const NOTHING: ModelRecord = { versions: [], serving: null, lifecycle: null, flags: null };

/** Entries of the registry, the newest of each key. */
export class ModelRecords {
  private readonly byPipeline = new Map<string, ModelRecord>();

  take(entry: RegistryEntry): void {
    const before = this.of(entry.pipeline);
    this.byPipeline.set(entry.pipeline, {
      ...before,
      ...(entry.kind === 'version' ? { versions: withVersion(before.versions, entry) } : { [entry.kind]: entry }),
    });
  }

  of(pipeline: string): ModelRecord {
    return this.byPipeline.get(pipeline) ?? NOTHING;
  }

  pipelines(): readonly string[] {
    return [...this.byPipeline.keys()];
  }
}

function withVersion(versions: readonly ModelVersion[], added: ModelVersion): readonly ModelVersion[] {
  return [...versions.filter(({ version }) => version !== added.version), added].sort(
    (a, b) => Number(a.version) - Number(b.version),
  );
}
