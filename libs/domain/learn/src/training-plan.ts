import type {
  BuiltInTrainer,
  ModelReference,
  ModelTask,
  MonotoneDirection,
  Scalar,
  SearchDefinition,
} from '#contracts';
import type { FeatureColumn, FeatureType, TrainedModel } from '#domain/trained-model';

/** Labelled rows of features as served, feature by feature. `trainingRowsOf` makes it of rows. */
export interface TrainingRows {
  /** In the pipeline's order. */
  readonly features: readonly FeatureType[];
  /** One per feature, each with a value per row. */
  readonly columns: readonly FeatureColumn[];
  /** Binary: 0 or 1; multiclass: the class index; regression: the value. */
  readonly labels: ArrayLike<number>;
  /** Event time, ms since epoch; null: the rows have none, and are split by chance. */
  readonly times: ArrayLike<number> | null;
  /** How much each row counts, greater than 0; null: 1 each. */
  readonly weights: ArrayLike<number> | null;
}

/** How a model is to be trained: of a pipeline file's sections `model.trainer` and `retrain`. */
export interface TrainingPlan {
  readonly pipeline: string;
  readonly task: ModelTask;
  /** Of multiclass: how many classes there are; null: one more than the largest label. Ignored elsewhere. */
  readonly classes: number | null;
  /** Positive decision at `score >= threshold`; of binary metrics. */
  readonly threshold: number;
  readonly trainer: BuiltInTrainer;
  /** Hyperparameters that are fixed; see `hyperparametersOf`. Left out ones have their defaults. */
  readonly parameters: Readonly<Record<string, Scalar>>;
  /** By feature, numbers only; of trees with one score. */
  readonly monotone: Readonly<Record<string, MonotoneDirection>>;
  /** Null: nothing is searched. */
  readonly search: SearchDefinition | null;
  /** By which trials are compared; null: log_loss, of regression rmse. */
  readonly metric: string | null;
  /** Share of the rows, the newest, that training does not see: from 0 (none) to less than 1. */
  readonly holdout: number;
  /** Of cross-validation; fewer than 2: none. */
  readonly folds: number;
  /** Binary classification only. */
  readonly calibration: 'none' | 'platt' | 'isotonic';
  readonly seed: number;
  /** More of the file's `metadata_props`, by the keys of MODEL_METADATA (data and schema hashes). */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Where a run is. `of` counts what `trial`, `fold` or `round` runs up to; null: not known, or does not apply. */
export interface TrainingProgress {
  readonly phase: 'searching' | 'validating' | 'fitting' | 'exporting';
  /** From 0. */
  readonly trial: number | null;
  readonly trials: number | null;
  readonly fold: number | null;
  readonly folds: number | null;
  /** Of boosting, or trees of a forest. */
  readonly round: number | null;
  readonly rounds: number | null;
}

export interface TrainingHooks {
  /** Asked several times a second; `false` ends the run, and the result is `cancelled`. */
  readonly onProgress?: (progress: TrainingProgress) => boolean | void;
}

/** One combination of hyperparameters that was tried. */
export interface Trial {
  readonly parameters: Readonly<Record<string, Scalar>>;
  /** Of the plan's metric, one per fold that was fitted. */
  readonly folds: readonly number[];
  /** Their mean; of a stopped trial, over the folds that it had. */
  readonly score: number;
  /** Worse after some of the folds than half of those before it: the rest of them were spared. */
  readonly stopped: boolean;
}

/** What training made. The same rows, plan and seed give the same bytes. */
export interface TrainingOutcome {
  readonly ok: true;
  readonly model: TrainedModel;
  readonly onnx: Uint8Array;
  /** `train.*` on the rows trained on, `folds.*` of cross-validation, `holdout.*`; see `metricsOf`. */
  readonly metrics: Readonly<Record<string, number>>;
  /**
   * ModelReference's `calibration`: what probability a score of this model stands for, by rows out of their fold. Null: too few
   * rows, a regression, or a model that is calibrated itself.
   */
  readonly calibration: ModelReference['calibration'];
  /** All hyperparameters of the model, searched, fixed and by default. */
  readonly parameters: Readonly<Record<string, Scalar>>;
  readonly trials: readonly Trial[];
  /** Share of the model's gain (trees) or of its absolute weights (linear), per feature; sums to 1. */
  readonly importance: Readonly<Record<string, number>>;
  /** Of all rows, in the order in which they were given: `rows × width`, width the number of classes of multiclass, else 1. */
  readonly scores: Float64Array;
  /** Indexes of the rows that the final model was fitted on, in the order of time. */
  readonly trainedRows: Uint32Array;
  /** Indexes of the rows that no training saw, in the order of time. */
  readonly holdoutRows: Uint32Array;
  /** What a person should know: folds left out, iterations that did not converge. */
  readonly remarks: readonly string[];
}

export type TrainingResult =
  | TrainingOutcome
  /** The rows, or the plan, cannot be trained on: one sentence that says what to do. */
  | { readonly ok: false; readonly kind: 'refused'; readonly message: string }
  | { readonly ok: false; readonly kind: 'cancelled' };
