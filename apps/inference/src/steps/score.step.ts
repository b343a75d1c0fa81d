import type { FeatureValue } from '#domain/features';
import type { ServedModel } from '../models/served-model.js';
import type { Refused } from '../scoring/prediction.js';

/** What the model said about one row. */
export interface Score {
  readonly ok: true;
  readonly score: number;
  /** Multiclass: one per class; else empty. */
  readonly classScores: readonly number[];
  /** How long the model took for the batch. */
  readonly scoringMs: number;
}

const NO_CLASSES: readonly number[] = [];

/** Rows → scores, in one call of the model. A row that it refuses is refused alone. */
export function createScoreStep(model: Pick<ServedModel, 'score' | 'version'>) {
  return async function scoreStep(rows: readonly (readonly FeatureValue[])[]): Promise<readonly (Score | Refused)[]> {
    if (rows.length === 0) return [];
    const { scores, classScores, problems, scoringMs } = await model.score(rows);
    const { version, output } = model.version;
    return rows.map((_, index) => {
      const problem = problems.get(index);
      if (problem !== undefined) {
        return { ok: false, reason: 'model_error', message: `model version ${version}: ${problem}.` };
      }
      const classes = classScores === null ? NO_CLASSES : [...classScores.subarray(index * output.width, (index + 1) * output.width)]; // prettier-ignore
      return { ok: true, score: scores[index]!, classScores: classes, scoringMs };
    });
  };
}
