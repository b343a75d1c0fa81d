import type {
  AlertControl,
  Appointment,
  AppliedPipeline,
  LifecycleState,
  ModelVersion,
  PipelineFlag,
  Serving,
} from '#contracts';

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

/** Model versions, who serves, where each loop stands and flags, followed from `eddyline.registry`. */
export interface ModelCatalog {
  versions(pipeline: string): readonly ModelVersion[];
  /** Undefined: nothing has ever served. */
  serving(pipeline: string): Serving | undefined;
  /** The version that `serving` appoints champion. */
  champion(pipeline: string): { readonly version: ModelVersion; readonly appointment: Appointment } | undefined;
  /** Undefined: nothing has happened yet. */
  lifecycle(pipeline: string): LifecycleState | undefined;
  flags(pipeline: string): readonly PipelineFlag[];
  /** Called at once for each pipeline that something serves, and whenever who serves, or a flag, changes. Returns how to stop. */
  subscribe(listener: (pipeline: string) => void | Promise<void>): () => void;
}

/** Silences and acknowledgements, followed from `eddyline.alert-controls`. */
export interface AlertControlCatalog {
  /** Those of a pipeline, in the order of their keys; silences that are over or not yet begun too. */
  controls(pipeline: string): readonly AlertControl[];
}
