import type { PipelineDefinition } from '#contracts';

/** One difference between two definitions. */
export interface DefinitionChange {
  /** Where, e.g. `features.hour_sin`. */
  readonly path: string;
  /** One sentence: what changes, and for a breaking change, why it is refused. */
  readonly message: string;
  /** Readers of what was already written could no longer read or trust it. */
  readonly breaking: boolean;
}

export function diffDefinitions(_before: PipelineDefinition, _after: PipelineDefinition): readonly DefinitionChange[] {
  return [];
}
