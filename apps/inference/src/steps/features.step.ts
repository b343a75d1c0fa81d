import { FeatureFailure, type FeatureValue } from '#domain/features';
import type { ScoringProgram } from '../scoring/scoring-program.js';
import type { Refused } from '../scoring/prediction.js';

type Event = Readonly<Record<string, unknown>>;

/** Event → the features that the model is given. */
export function createFeaturesStep({ computeFeatures }: Pick<ScoringProgram, 'computeFeatures'>) {
  return function featuresStep<T extends { readonly event: Event }>(
    input: T,
  ): { readonly ok: true; readonly input: T; readonly row: readonly FeatureValue[] } | Refused {
    const row = computeFeatures(input.event);
    return row instanceof FeatureFailure
      ? { ok: false, reason: 'feature_error', message: `${row.message}.` }
      : { ok: true, input, row };
  };
}
