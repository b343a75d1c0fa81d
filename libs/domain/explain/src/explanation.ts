import type { ExplanationRecord } from '#contracts';

/** Why a model came to its output for one row of features. */
export interface Explanation {
  readonly method: ExplanationRecord['method'];
  /** What is explained. */
  readonly unit: ExplanationRecord['unit'];
  /** The output where nothing is known of the row. */
  readonly base: number;
  /** `base` and all contributions add up to it. */
  readonly output: number;
  /** What the model makes of the output: P(positive), the largest class probability, or the value. */
  readonly score: number;
  /** One per feature, in the pipeline's order. */
  readonly contributions: readonly number[];
}

/** Thrown where contributions do not add up to the output: the model, or its explanation, is not what it is taken for. */
export class NotAdditive extends Error {
  override readonly name = 'NotAdditive';

  constructor(explained: number, output: number) {
    super(`base and contributions add up to ${explained}, the model's output is ${output}`);
  }
}

/** Doubles are added in another order than the model adds them. */
const TOLERANCE = 1e-9;

/** @throws NotAdditive when base and contributions miss the output by 1e-9, or by that part of it where it is larger than 1 */
export function checkAdditivity({
  base,
  output,
  contributions,
}: Pick<Explanation, 'base' | 'output' | 'contributions'>): void {
  const explained = contributions.reduce((sum, contribution) => sum + contribution, base);
  if (!(Math.abs(explained - output) < TOLERANCE * Math.max(1, Math.abs(output), Math.abs(base)))) {
    throw new NotAdditive(explained, output);
  }
}
