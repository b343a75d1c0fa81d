import type { Scalar } from './pipeline-definition.js';

export type BuiltInTrainer = 'gbdt' | 'random-forest' | 'linear';

/** Which way a score may go, and no other, as a feature grows and all others stay. */
export type MonotoneDirection = 'increasing' | 'decreasing';

/** Who turns rows into a model. `linear` is logistic regression for classification, ridge regression otherwise. */
export type TrainerDefinition =
  | {
      readonly kind: 'built-in';
      readonly trainer: BuiltInTrainer;
      /** Hyperparameters that are fixed; searched ones are in RetrainDefinition.search. */
      readonly parameters: Readonly<Record<string, Scalar>>;
      /** By feature, numbers only; of trees with one score. Left out: no feature is bound. */
      readonly monotone?: Readonly<Record<string, MonotoneDirection>>;
    }
  | {
      /** A program: gets a Parquet file and a JSON specification, writes an ONNX file and its metrics. */
      readonly kind: 'command';
      /** Program and arguments; no shell. */
      readonly command: readonly string[];
      readonly timeoutMs: number;
      /** Resident memory at which it is ended. */
      readonly memoryBytes: number;
    };

/** What asks for a new model. Times are event time. */
export type RetrainTrigger =
  /** An alert of a monitor of this kind fires, at this severity or above. */
  | {
      readonly on: 'drift' | 'performance' | 'estimate' | 'concept';
      readonly severity: 'info' | 'warning' | 'critical';
    }
  /** So many labels have come since the last model was trained. */
  | { readonly on: 'labels'; readonly count: number }
  /** Minute, hour, day of month, month, day of week, UTC, as cron; on the pipeline's own clock. */
  | { readonly on: 'schedule'; readonly cron: string };

export interface SearchDefinition {
  readonly method: 'random' | 'grid';
  /** Most combinations that are tried. */
  readonly trials: number;
  /** Values to choose from, by hyperparameter; empty: the trainer's own ranges. */
  readonly space: Readonly<Record<string, readonly Scalar[]>>;
}

/** When and how a pipeline trains a new model. */
export interface RetrainDefinition {
  readonly triggers: readonly RetrainTrigger[];
  /** Event time that must pass after one run was asked for before a trigger may ask for the next; a person may at once. */
  readonly coolDownMs: number;
  /** Event time that training data reaches back; null: all that the log has. */
  readonly windowMs: number | null;
  readonly minRows: number;
  /** Newest rows beyond this are sampled out, the oldest first. */
  readonly maxRows: number;
  /** Share of the rows, the newest, that no training sees: gates judge by them. */
  readonly holdout: number;
  /** Folds of cross-validation, in the order of time. */
  readonly folds: number;
  readonly search: SearchDefinition | null;
  readonly calibration: 'none' | 'platt' | 'isotonic';
  readonly seed: number;
}

/** What a candidate must show before it serves anybody. Bounds are inclusive. */
export interface GatesDefinition {
  /** Metric on the holdout by which candidate and champion are compared, e.g. `roc_auc`, `log_loss`, `rmse`. */
  readonly metric: string;
  /** How much better than the champion it must be at least; negative: how much worse it may be. In the metric's unit. */
  readonly minGain: number;
  /** Of the interval of that gain, e.g. 0.95: its lower end must not lie below `minGain − tolerance`. */
  readonly confidence: number;
  readonly tolerance: number;
  /** No slice may be worse than the champion's by more than this; null: slices are not judged. */
  readonly slices: { readonly by: readonly string[]; readonly worseBy: number; readonly minRows: number } | null;
  /** Largest demographic parity difference; null: not judged. */
  readonly fairness: { readonly by: readonly string[]; readonly atMost: number; readonly minRows: number } | null;
  /** p99 of scoring one row, ms; largest file, bytes. */
  readonly maxLatencyMs: number;
  readonly maxSizeBytes: number;
  /** Share of decisions that a perturbation of one hundredth of a feature's range may turn. */
  readonly maxFlipRate: number;
  /** Logged events that are replayed through champion and candidate; 0: none. */
  readonly backtestRows: number;
  /** How far a score of the champion may lie from the stored one. */
  readonly replayTolerance: number;
}
