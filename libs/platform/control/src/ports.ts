import type { AlertControl, AppliedPipeline, ModelAlias, ModelVersion } from '#contracts';

/** Pipelines in force, followed from `eddyline.pipelines`. */
export interface PipelineCatalog {
  /** Definitions in force, by name; complete once the service is ready. */
  list(): readonly AppliedPipeline[];
  get(name: string): AppliedPipeline | undefined;
  /** Called for every definition in force now (at once) and for each later change. Returns how to stop. */
  subscribe(listener: PipelineListener): () => void;
}

export type PipelineListener = (change: PipelineChange) => void | Promise<void>;

export type PipelineChange =
  | { readonly kind: 'applied'; readonly pipeline: AppliedPipeline }
  | { readonly kind: 'removed'; readonly name: string };

/** Model versions and aliases, followed from `eddyline.registry`. */
export interface ModelCatalog {
  versions(pipeline: string): readonly ModelVersion[];
  champion(pipeline: string): { readonly version: ModelVersion; readonly alias: ModelAlias } | undefined;
  /** Called at once for each pipeline that has a champion, and whenever a champion changes. */
  subscribeChampions(listener: (pipeline: string) => void | Promise<void>): () => void;
}

/** Silences and acknowledgements, followed from `eddyline.alert-controls`. */
export interface AlertControlCatalog {
  /** Those of a pipeline, in the order of their keys; silences that are over or not yet begun too. */
  controls(pipeline: string): readonly AlertControl[];
}
