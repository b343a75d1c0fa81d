import { HEADER } from '#contracts';
import type { StageRecord } from '#platform/kafka';
import { emit, quarantine, type Outcome } from '#platform/outcomes';
import type { Champion } from './models/champion.js';
import { predictionOf, type EventFacts } from './scoring/prediction.js';
import type { ScoringProgram } from './scoring/scoring-program.js';
import { createEmitStep } from './steps/emit.step.js';
import { createFeaturesStep } from './steps/features.step.js';
import { createScoreStep } from './steps/score.step.js';

const NO_FLAGS: readonly string[] = [];

/** A batch of validated events → features → score → prediction, or quarantine with the reason. */
export function createInferencePipeline(program: ScoringProgram, champion: Champion, nowMs: () => number = Date.now) {
  const featuresStep = createFeaturesStep(program);
  const scoreStep = createScoreStep(champion);
  const emitStep = createEmitStep(program);

  return async function inferencePipeline(records: readonly StageRecord[]): Promise<readonly Outcome[]> {
    const served = records.map((record) => featuresStep({ event: record.value, record }));
    const accepted = served.filter((result) => result.ok);
    const scores = await scoreStep(accepted.map(({ row }) => row));
    const predictedAtMs = nowMs();
    let next = 0;
    return served.map((result): Outcome => {
      if (!result.ok) return quarantine(result.reason, result.message);
      const score = scores[next++]!;
      if (!score.ok) return quarantine(score.reason, score.message);
      const { record } = result.input;
      const facts = factsOf(record, program);
      const prediction = predictionOf(program, champion, facts, result.row, score, predictedAtMs);
      return emit(emitStep(prediction, { key: record.key ?? facts.eventKey, partition: record.partition }));
    });
  };
}

function factsOf(record: StageRecord, { identity }: ScoringProgram): EventFacts {
  const { value, headers, traceId, topic, partition, offset } = record;
  return {
    eventId: identity.idOf(value),
    eventKey: identity.keyOf(value),
    eventTimeMs: identity.timeMsOf(value),
    event: value,
    flags: flagsOf(headers[HEADER.flags]),
    traceId,
    source: 'stream',
    position: { topic, partition, offset },
  };
}

function flagsOf(header: Buffer | undefined): readonly string[] {
  return header === undefined || header.length === 0 ? NO_FLAGS : header.toString().split(',');
}
