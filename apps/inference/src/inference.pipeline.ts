import { HEADER } from '#contracts';
import type { StageRecord } from '#platform/kafka';
import { emit, quarantine, type Outcome } from '#platform/outcomes';
import type { ServingPair } from './models/serving-pair.js';
import type { EventFacts } from './scoring/prediction.js';
import type { ScoringProgram } from './scoring/scoring-program.js';
import { createEmitStep } from './steps/emit.step.js';
import { createFeaturesStep } from './steps/features.step.js';
import { createPredictStep } from './steps/predict.step.js';

const NO_FLAGS: readonly string[] = [];

/** A batch of validated events → features → predictions, or quarantine with the reason. */
export function createInferencePipeline(program: ScoringProgram, pair: ServingPair, nowMs: () => number = Date.now) {
  const featuresStep = createFeaturesStep(program);
  const predictStep = createPredictStep(program, pair, nowMs);
  const emitStep = createEmitStep(program);

  return async function inferencePipeline(records: readonly StageRecord[]): Promise<readonly Outcome[]> {
    const featured = records.map((record) => featuresStep({ event: record.value, record }));
    const accepted = featured.flatMap((result) =>
      result.ok ? [{ facts: factsOf(result.input.record, program), row: result.row }] : [],
    );
    const predicted = await predictStep(accepted);
    let next = 0;
    return featured.map((result): Outcome => {
      if (!result.ok) return quarantine(result.reason, result.message);
      const prediction = predicted[next++]!;
      if (!prediction.ok) return quarantine(prediction.reason, prediction.message);
      const { key, partition } = result.input.record;
      return emit(...emitStep(prediction, { key: key ?? prediction.served.event_key, partition }));
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
