import { CHALLENGER_FAILED, type PredictionRecord } from '#contracts';
import type { FeatureValue } from '#domain/features';
import { isChallenger } from '#domain/routing';
import type { Challenger, ServingPair } from '../models/serving-pair.js';
import { predictionOf, shadowOf, type EventFacts, type Part, type Refused } from '../scoring/prediction.js';
import type { ScoringProgram } from '../scoring/scoring-program.js';
import { createChallengeStep } from './challenge.step.js';
import { createScoreStep } from './score.step.js';

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
    return events.map(({ facts, row }, index): Predicted | Refused => {
      const score = scores[index]!;
      if (!score.ok) return score;
      const trial = trials?.[index] ?? null;
      if (challenger === null || trial === null) {
        const part = challenger === null ? ALONE : FAILED;
        const served = predictionOf(program, champion.version, facts, row, score, part, predictedAtMs);
        return { ok: true, served, shadow: null };
      }
      const { byChallenger, propensity } = routeOf(challenger, facts.eventKey);
      const role = byChallenger ? (challenger.mode === 'ab' ? 'challenger' : 'canary') : 'champion';
      const ours = { version: champion.version, score };
      const theirs = { version: challenger.model!.version, score: trial };
      const [served, other] = byChallenger ? [theirs, ours] : [ours, theirs];
      const part = { role, propensity, flag: null } as const;
      const record = predictionOf(program, served.version, facts, row, served.score, part, predictedAtMs);
      return { ok: true, served: record, shadow: shadowOf(program, record, other.version, other.score) };
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
