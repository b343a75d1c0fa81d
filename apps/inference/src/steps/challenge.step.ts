import type { FeatureValue } from '#domain/features';
import type { Challenger } from '../models/serving-pair.js';
import type { Refused } from '../scoring/prediction.js';
import { createScoreStep, type Score } from './score.step.js';

/** Rows → what the challenger says of each; null where it says nothing. Whatever is wrong with it, it throws nothing. */
export function createChallengeStep({ model, failed }: Pick<Challenger, 'model' | 'failed'>) {
  const scoreStep = model === null ? null : createScoreStep(model);

  return async function challengeStep(rows: readonly (readonly FeatureValue[])[]): Promise<readonly (Score | null)[]> {
    if (rows.length === 0) return [];
    const nothing = (): readonly null[] => rows.map(() => null);
    if (scoreStep === null) {
      failed(rows.length);
      return nothing();
    }
    let scores: readonly (Score | Refused)[];
    try {
      scores = await scoreStep(rows);
    } catch (error) {
      failed(rows.length, error);
      return nothing();
    }
    const refused = scores.filter(({ ok }) => !ok).length;
    if (refused > 0) failed(refused);
    return scores.map((score) => (score.ok ? score : null));
  };
}
