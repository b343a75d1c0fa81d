import { CHALLENGER_FAILED, type ModelVersion, type PredictionRecord } from '#contracts';
import type { FeatureValue } from '#domain/features';
import { isChallenger } from '#domain/routing';
import type { Challenger, ServingPair } from '../models/serving-pair.js';
import { predictionOf, type EventFacts, type Part, type Refused } from '../scoring/prediction.js';
import type { ScoringProgram } from '../scoring/scoring-program.js';
import { createChallengeStep } from './challenge.step.js';
import { createScoreStep, type Score } from './score.step.js';

/** An event with its features. */
export interface FeaturedEvent {
  readonly facts: EventFacts;
  readonly row: readonly FeatureValue[];
}

/** What is said of an event: what it is served with, and what the other model says of it. */
export interface Predicted {
  readonly ok: true;
  readonly served: PredictionRecord;
  /** Null: no other model scored it. */
  readonly shadow: PredictionRecord | null;
}

type PredictionProgram = Pick<ScoringProgram, 'pipeline' | 'featureNames' | 'thresholdFor'>;

/**
 * Events → predictions, each model called once. Where there is a challenger both score every event, so that they can be compared on
 * the same events, and the event's key settles which of them serves. An event that the champion refuses is refused; one that the
 * challenger refuses is served by the champion and flagged.
 */
export function createPredictStep(
  program: PredictionProgram,
  { champion, challenger }: Pick<ServingPair, 'champion' | 'challenger'>,
  nowMs: () => number,
) {
  const scoreStep = createScoreStep(champion);
  const challengeStep = challenger === null ? null : createChallengeStep(challenger);

  return async function predictStep(events: readonly FeaturedEvent[]): Promise<readonly (Predicted | Refused)[]> {
    const rows = events.map(({ row }) => row);
    // One after the other: side by side they would take each other's time, and it is compared.
    const scores = await scoreStep(rows);
    const trials = challengeStep === null ? null : await challengeStep(rows);
    const predictedAtMs = nowMs();
    return events.map((event, index): Predicted | Refused => {
      const score = scores[index]!;
      if (!score.ok) return score;
      const recordOf = (version: ModelVersion, given: Score, part: Part): PredictionRecord =>
        predictionOf(program, version, event.facts, event.row, given, part, predictedAtMs);
      if (challenger === null || trials === null) {
        return { ok: true, served: recordOf(champion.version, score, ALONE), shadow: null };
      }
      const trial = trials[index]!;
      if (trial === null) return { ok: true, served: recordOf(champion.version, score, FAILED), shadow: null };
      const { byChallenger, propensity } = routeOf(challenger, event.facts.eventKey);
      const role = byChallenger ? (challenger.mode === 'ab' ? 'challenger' : 'canary') : 'champion';
      const theirs = challenger.model!.version;
      const [servedBy, otherBy] = byChallenger ? [theirs, champion.version] : [champion.version, theirs];
      const [served, other] = byChallenger ? [trial, score] : [score, trial];
      return {
        ok: true,
        served: recordOf(servedBy, served, { role, propensity, flag: null }),
        shadow: recordOf(otherBy, other, { role: 'shadow', propensity, flag: null }),
      };
    });
  };
}

const ALONE: Part = { role: 'champion', propensity: 1, flag: null };
const FAILED: Part = { role: 'champion', propensity: 1, flag: CHALLENGER_FAILED };

/** Whom the key goes to, and how likely that was. */
function routeOf(
  { mode, salt, share }: Pick<Challenger, 'mode' | 'salt' | 'share'>,
  key: string,
): { readonly byChallenger: boolean; readonly propensity: number } {
  if (mode === 'shadow') return { byChallenger: false, propensity: 1 };
  const byChallenger = isChallenger(salt, key, share);
  return { byChallenger, propensity: byChallenger ? share : 1 - share };
}
