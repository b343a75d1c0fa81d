import type { ModelTask } from '#contracts';
import type { LinearModel, TreeEnsemble } from '#domain/trained-model';
import type { EncodingKind } from './fit-encodings.js';
import type { Parameters } from './hyperparameters.js';

/** Encoded rows with their labels. */
export interface EncodedSet {
  readonly rows: number;
  readonly columns: readonly Float32Array[];
  /** False: a column of zeros and ones. */
  readonly isScaled: readonly boolean[];
  readonly labels: Float64Array;
  /** How much each row counts; null: 1 each. */
  readonly weights: Float64Array | null;
}

export interface Fit {
  readonly model: TreeEnsemble | LinearModel;
  /** After which it was best on the validation rows; null: of no meaning. */
  readonly rounds: number | null;
  /** Share of what the model knows, per column: gain or absolute weights, not normed. */
  readonly importance: readonly number[];
  /** For a person; null: nothing is remarkable. */
  readonly remark: string | null;
}

export interface FitJob {
  readonly training: EncodedSet;
  /** Rows to stop early by; null: all rounds are run. */
  readonly validation: EncodedSet | null;
  readonly task: ModelTask;
  /** Number of classes of multiclass, else 1. */
  readonly outputs: number;
  readonly parameters: Parameters;
  /** Per feature, which way scores may go with it alone; 0: any. All 0 except of trees with one output. */
  readonly monotone: readonly (-1 | 0 | 1)[];
  readonly seed: number;
  /** `rounds` left out: nobody knows how many there will be. */
  readonly onRound: (round: number, rounds?: number) => void;
}

/** One way to make a model of encoded rows. `onRound` may throw, and ends the fit. */
export interface Learner {
  readonly encoding: EncodingKind;
  fit(job: FitJob): Fit;
}

/** Weights of rows: their own, and of `balanced` classes so that each counts as much as every other. Null: 1 each. */
export function rowWeights(
  { rows, labels, weights }: EncodedSet,
  { task, outputs, parameters }: FitJob,
): Float64Array | null {
  if (task === 'regression' || parameters['classWeights'] !== 'balanced') return weights;
  const own = weights ?? new Float64Array(rows).fill(1);
  const classes = Math.max(2, outputs);
  const totals = new Float64Array(classes);
  for (let row = 0; row < rows; row++) totals[labels[row]!] = totals[labels[row]!]! + own[row]!;
  const total = totals.reduce((sum, weight) => sum + weight, 0);
  return own.map((weight, row) => (weight * total) / (classes * totals[labels[row]!]!));
}
