import type { ModelTask } from './pipeline-definition.js';
import type { LifecycleState, PipelineFlags, Serving } from './serving.js';
import type { Dataset, GateResult, RunCause } from './training-run.js';

export type TensorType = 'float32' | 'float64' | 'int32' | 'int64' | 'string' | 'bool';

/** How served features reach the model, decided at registration. */
export type ModelInputLayout =
  /** One float tensor `[rows, features]`, columns in the pipeline's order. */
  | { readonly kind: 'matrix'; readonly input: string; readonly type: TensorType; readonly columns: number }
  /** One tensor `[rows, 1]` per feature, matched by name (skl2onnx, tf2onnx). */
  | {
      readonly kind: 'columns';
      readonly inputs: readonly { readonly name: string; readonly type: TensorType; readonly rank: 1 | 2 }[];
    };

/** Where the score is found in the model's outputs. */
export interface ModelOutputLayout {
  readonly output: string;
  /** Columns of the output `[rows, width]`; 1 for `[rows]` or `[rows, 1]`. */
  readonly width: number;
  /** Column of the positive class (binary classification) or of the value (regression); null: one score per class. */
  readonly scoreColumn: number | null;
}

/** An immutable model version on `eddyline.registry`, key `<pipeline>/versions/<version>`. */
export interface ModelVersion {
  readonly kind: 'version';
  readonly pipeline: string;
  /** Decimal, counted up per pipeline from "1". */
  readonly version: string;
  readonly task: ModelTask;
  readonly sha256: string;
  readonly artifactUri: string;
  readonly sizeBytes: number;
  /** Feature names in model order, as the pipeline had them at registration. */
  readonly features: readonly string[];
  readonly input: ModelInputLayout;
  readonly output: ModelOutputLayout;
  readonly registeredAt: string;
  readonly registeredBy: string;
  readonly description: string;
  /** `metadata_props` of the ONNX file. */
  readonly metadata: Readonly<Record<string, string>>;
  /** What the model knew; left out: it came without. */
  readonly reference?: ModelReference;
  /** Left out: registered by hand, from elsewhere. */
  readonly card?: ModelCard;
  /** Left out: the model is opaque, and explained by sampling. */
  readonly explainer?: ModelExplainer;
}

/** Rows that a model was trained on, or a sample of them, with its scores: what drift is held against. */
export interface ModelReference {
  /** NDJSON, gzipped: per row `{ features, score, label }`, the label null where there is none. */
  readonly artifactUri: string;
  readonly sha256: string;
  readonly rows: number;
  /**
   * Score → probability of being right, fitted on rows that the score had not been fitted on: linear between the points
   * (`scores` rise, `probabilities` do not fall), flat beyond them. Null: scores are taken as they are.
   */
  readonly calibration: { readonly scores: readonly number[]; readonly probabilities: readonly number[] } | null;
}

/** Where a model comes from, and what it has shown: stored with its version and never changed. */
export interface ModelCard {
  readonly trainer: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly metrics: Readonly<Record<string, number>>;
  readonly dataset: Dataset | null;
  readonly gates: readonly GateResult[];
  readonly lineage: {
    /** The champion when it was trained. */
    readonly parent: string | null;
    readonly run: string | null;
    readonly cause: RunCause | null;
  };
}

/**
 * What explanations need beside the ONNX file: JSON of TreeExplainer or LinearExplainer (libs/domain/explain), gzipped.
 */
export interface ModelExplainer {
  readonly artifactUri: string;
  readonly sha256: string;
}

export type RegistryEntry = ModelVersion | Serving | LifecycleState | PipelineFlags;

export function registryKeyOf(entry: RegistryEntry): string {
  return entry.kind === 'version' ? `${entry.pipeline}/versions/${entry.version}` : `${entry.pipeline}/${entry.kind}`;
}

/** Keys of an ONNX file's `metadata_props` that Eddyline writes when it trains and reads when a model is registered. */
export const MODEL_METADATA = {
  pipeline: 'eddyline.pipeline',
  /** JSON array of feature names in the order of the input's columns. */
  features: 'eddyline.features',
  trainer: 'eddyline.trainer',
  /** First and last event time of the training rows, ISO 8601, with a slash between. */
  trainingWindow: 'eddyline.training_window',
  /** Of Dataset. */
  dataSha256: 'eddyline.data_sha256',
  /** sha256 of the JSON of names and types of the features, in their order. */
  featureSchemaSha256: 'eddyline.feature_schema_sha256',
  trainingRows: 'eddyline.training_rows',
  /** JSON object of directions by feature; where there are any. */
  monotone: 'eddyline.monotone',
  /** JSON object of numbers. */
  metrics: 'eddyline.metrics',
  /** JSON of ModelReference's `calibration`. */
  calibration: 'eddyline.calibration',
} as const;
