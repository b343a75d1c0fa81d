import type { ModelTask } from '#contracts';

/**
 * A model as the trainer made it, as plain data: what the ONNX file is written from, and what exact explanations need. JSON-safe
 * (arrays of numbers), so that it can lie in the artifact store beside the ONNX file.
 *
 * raw output (one number, or one per class) = of the encoded inputs, by `model`;
 * score = link(raw), then calibrated.
 */
export interface TrainedModel {
  readonly task: ModelTask;
  /** Number of classes for multiclass, else 1: width of the raw output. */
  readonly outputs: number;
  /** One per feature, in the pipeline's order. */
  readonly inputs: readonly InputEncoding[];
  readonly model: TreeEnsemble | LinearModel;
  /** Of binary models: P(positive) → probability, linear between the points, flat beyond; null: none. */
  readonly calibration: { readonly scores: readonly number[]; readonly probabilities: readonly number[] } | null;
}

/** How a feature as served becomes columns that a model computes with. All values are rounded to float32 first. */
export type InputEncoding =
  /** One column, as it is; missing is NaN. */
  | { readonly kind: 'number'; readonly name: string }
  /** One column: the value that stands for each level; unknown and missing are NaN. */
  | {
      readonly kind: 'ordinal';
      readonly name: string;
      readonly levels: readonly string[];
      readonly values: readonly number[];
    }
  /** One column per level: 1 where it is that; all 0 for unknown and missing. */
  | { readonly kind: 'one_hot'; readonly name: string; readonly levels: readonly string[] };

/** Raw output k = base[k] + Σ over trees of output k of the value of the leaf that the row falls into. */
export interface TreeEnsemble {
  readonly kind: 'trees';
  /** One per output. */
  readonly base: readonly number[];
  readonly trees: readonly Tree[];
  /** `identity` (regression, forests' probabilities), `logistic`, `softmax`. */
  readonly link: 'identity' | 'logistic' | 'softmax';
}

/**
 * A binary tree in flat arrays, node 0 the root. A node with `feature[i] === -1` is a leaf. A row goes left where
 * `x <= threshold`, and where x is NaN and `missingLeft`.
 */
export interface Tree {
  /** Of which output it is, from 0. */
  readonly output: number;
  /** Encoded column; -1: leaf. */
  readonly feature: readonly number[];
  /** float32 values, so that float32 inputs fall as they do in ONNX Runtime. */
  readonly threshold: readonly number[];
  readonly missingLeft: readonly (0 | 1)[];
  readonly left: readonly number[];
  readonly right: readonly number[];
  /** Of leaves; 0 elsewhere. */
  readonly value: readonly number[];
  /** Training rows (weighted) that reached the node. */
  readonly cover: readonly number[];
  /** Of splits: what the loss lost by it; 0 for leaves. */
  readonly gain: readonly number[];
}

/** Raw output k = intercepts[k] + Σ weights[k][c] · (x_c − means[c]) / scales[c], a missing x_c replaced by imputed[c] first. */
export interface LinearModel {
  readonly kind: 'linear';
  readonly means: readonly number[];
  readonly scales: readonly number[];
  readonly imputed: readonly number[];
  /** `[outputs][columns]`, of standardised columns. */
  readonly weights: readonly (readonly number[])[];
  readonly intercepts: readonly number[];
  readonly link: 'identity' | 'logistic' | 'softmax';
}
