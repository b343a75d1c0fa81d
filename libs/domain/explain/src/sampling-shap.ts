import { murmur3 } from '#domain/routing';
import { seededUniforms } from '#domain/statistics';
import type { FeatureRow } from '#domain/trained-model';

/** Rows that a model is asked for so that one of them can be explained. */
export interface SamplingPlan {
  readonly rows: readonly FeatureRow[];
  /** @param scores of `rows`, in their order */
  readonly contributions: (scores: ArrayLike<number>) => SampledContributions;
}

export interface SampledContributions {
  /** Mean score of the background. */
  readonly base: number;
  /** Score of the row itself. */
  readonly output: number;
  /** One per feature; with `base` they add up to `output`. */
  readonly contributions: readonly number[];
}

/** More rows of a background make an explanation dearer than it gets better. */
export const MOST_BACKGROUND_ROWS = 64;

/** Rows at even distances: the same of the same rows. */
export function backgroundOf<T>(rows: readonly T[], most = MOST_BACKGROUND_ROWS): readonly T[] {
  if (rows.length <= most) return rows;
  return Array.from({ length: most }, (_, i) => rows[Math.floor((i * rows.length) / most)]!);
}

/**
 * Permutation sampling of Shapley values (Castro et al. 2009; Štrumbelj and Kononenko 2014) with antithetic pairs (Mitchell et al.
 * 2022), for a model of which nothing is known but its scores. A feature that is not known has the value of a background row.
 *
 * For every row of the background a random order of the features and its reverse: the row's features take the place of the
 * background's one after the other, and each contributes the change of the score. The changes of an order add up to score minus
 * background's score, so that the contributions add up to score minus base whatever was drawn; a feature on which the model does not
 * look contributes exactly 0.
 *
 * @param background at least one row; with n features at most (2n − 2) · rows + rows + 1 rows are to be scored
 * @param seed names what is explained: the same text, the same orders
 */
export function planSampling(row: FeatureRow, background: readonly FeatureRow[], seed: string): SamplingPlan {
  if (background.length === 0) throw new RangeError('a row is explained against at least one other');
  const uniform = seededUniforms(murmur3(new TextEncoder().encode(`sampling-shap/v1\0${seed}`)));
  const rows: FeatureRow[] = [row, ...background];
  /** A walk from a background row to the row: which feature changes, and where the row that has it lies in `rows`. */
  const walks: {
    readonly from: number;
    readonly steps: readonly { readonly feature: number; readonly to: number }[];
  }[] = [];
  for (const [index, other] of background.entries()) {
    const order = shuffled(differing(row, other), uniform);
    for (const features of [order, order.toReversed()]) {
      const mixed = [...other];
      const steps = features.map((feature, at) => {
        mixed[feature] = row[feature]!;
        if (at === features.length - 1) return { feature, to: 0 };
        rows.push([...mixed]);
        return { feature, to: rows.length - 1 };
      });
      walks.push({ from: index + 1, steps });
    }
  }

  return {
    rows,
    contributions(scores) {
      const sums = new Float64Array(row.length);
      let base = 0;
      for (const { from, steps } of walks) {
        // Nothing differs: the same row, of which two places in a batch need not give the very same score.
        let before = scores[steps.length === 0 ? 0 : from]!;
        base += before;
        for (const { feature, to } of steps) {
          sums[feature]! += scores[to]! - before;
          before = scores[to]!;
        }
      }
      return {
        base: base / walks.length,
        output: scores[0]!,
        contributions: Array.from(sums, (sum) => sum / walks.length),
      };
    },
  };
}

/** Features that are not the same in both: only these can contribute. */
function differing(row: FeatureRow, other: FeatureRow): number[] {
  return row.flatMap((value, feature) => (value === other[feature] ? [] : [feature]));
}

/** Fisher–Yates. */
function shuffled(items: readonly number[], uniform: () => number): readonly number[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const place = Math.floor(uniform() * (last + 1));
    [order[last], order[place]] = [order[place]!, order[last]!];
  }
  return order;
}
