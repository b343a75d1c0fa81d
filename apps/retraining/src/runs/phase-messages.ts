import type {
  Candidate,
  Dataset,
  GateResult,
  ModelReference,
  ModelVersion,
  PipelineDefinition,
  TrainingRun,
} from '#contracts';

/** What a phase is done with: all of it goes to a process of its own, and is recorded on the registry. */
export interface PhaseTask {
  readonly definition: PipelineDefinition;
  readonly run: TrainingRun;
  /** Version that serves; null: none does yet. */
  readonly champion: string | null;
  readonly versions: readonly ScorableModel[];
  readonly resources: PhaseResources;
}

/** What of a version is needed to score with it. */
export type ScorableModel = Pick<ModelVersion, 'version' | 'sha256' | 'artifactUri' | 'features' | 'input' | 'output'>;

export interface PhaseResources {
  readonly clickhouseUrl: string;
  /** `file://…` of the artifact store. */
  readonly artifacts: string;
  readonly dataQuery: { readonly seconds: number; readonly memoryBytes: number };
  /** Of programs of the user's that train. */
  readonly trainer: {
    /** A folder for each run is made in it. */
    readonly folder: string;
    /** Where the program is run. */
    readonly directory: string;
    readonly environment: Readonly<Record<string, string>>;
  };
}

/** A model that passed its gates, ready to be given a number. */
export interface RegisteredModel {
  readonly sha256: string;
  readonly artifactUri: string;
  readonly sizeBytes: number;
  readonly features: readonly string[];
  readonly input: ModelVersion['input'];
  readonly output: ModelVersion['output'];
  readonly metadata: Readonly<Record<string, string>>;
  readonly reference: ModelReference;
}

/** What a phase made. */
export type PhaseProduct =
  | { readonly phase: 'collecting'; readonly dataset: Dataset }
  | { readonly phase: 'training'; readonly candidate: Candidate }
  | { readonly phase: 'gating'; readonly gates: readonly GateResult[] }
  | { readonly phase: 'registering'; readonly model: RegisteredModel };

export type PhaseOutcome =
  | { readonly kind: 'done'; readonly product: PhaseProduct }
  /** The phase cannot come to an end, however often it is repeated; one sentence that says what to do. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** What it needs is away. */
  | { readonly kind: 'weather'; readonly reason: string }
  /** Its process ended without a word. */
  | { readonly kind: 'died'; readonly reason: string };

/** How far a phase is. */
export interface PhaseProgress {
  /** One clause for a person. */
  readonly text: string;
  /** From 0 to 1; null: not known. */
  readonly ratio: number | null;
}

/** What the process of a phase is sent. */
export type PhaseOrder =
  | { readonly kind: 'work'; readonly task: PhaseTask }
  /** Nobody waits for it any more: what it started is to end with it. */
  | { readonly kind: 'cancel' };

/** What the process of a phase sends. */
export type PhaseMessage =
  | { readonly kind: 'progress'; readonly progress: PhaseProgress }
  | { readonly kind: 'log'; readonly text: string }
  | { readonly kind: 'outcome'; readonly outcome: Exclude<PhaseOutcome, { kind: 'died' }> };
