import {
  EXPLANATION_SCHEMA,
  HEADER,
  topicOf,
  type AppliedPipeline,
  type ExplanationRecord,
  type PredictionRecord,
} from '#contracts';
import type { PredictionExplanation } from '#domain/explain';
import { CannotGoOn, type StageRecord } from '#platform/kafka';
import { emit, type Outcome } from '#platform/outcomes';
import type { ExplanationCodecs } from '../ports.js';

/** Makes the step that writes an explanation: a record of `<p>.explanations`, a CloudEvent in binary mode. */
export function createEmitStep({ definition, schemaIds }: AppliedPipeline, codecs: ExplanationCodecs) {
  const { name } = definition;
  const topic = topicOf(name, 'explanations');
  if (schemaIds.explanation === undefined) {
    throw new CannotGoOn(
      `the pipeline ${name} explains its predictions and has no schema for it: run \`eddyline apply\` for it`,
    );
  }
  const encode = codecs.encoderFor(EXPLANATION_SCHEMA, schemaIds.explanation);
  const constant = {
    [HEADER.ceSpecVersion]: '1.0',
    [HEADER.ceType]: `eddyline.${name}.explanation`,
    [HEADER.ceSource]: `/eddyline/pipelines/${name}/explanation`,
    [HEADER.contentType]: 'application/avro',
  };

  return function emitStep(
    { value: prediction, partition, offset }: StageRecord<PredictionRecord>,
    explanation: PredictionExplanation,
    why: ExplanationRecord['why'],
    nowMs: number,
  ): Outcome {
    const record: ExplanationRecord = {
      event_id: prediction.event_id,
      event_time: prediction.event_time,
      model_version: prediction.model_version,
      role: prediction.role,
      prediction_partition: partition,
      prediction_offset: offset,
      method: explanation.method,
      unit: explanation.unit,
      base_value: explanation.base,
      output: explanation.output,
      contributions: explanation.contributions,
      why,
      explained_at: nowMs,
      trace_id: prediction.trace_id,
    };
    return emit({
      topic,
      // The same number as the prediction's: explanations of a key come in the order of its predictions.
      partition,
      key: prediction.event_id,
      value: encode(record),
      headers: {
        ...constant,
        [HEADER.ceId]: prediction.event_id,
        [HEADER.ceTime]: new Date(prediction.event_time).toISOString(),
      },
    });
  };
}
