import {
  HEADER,
  outcomeSchemaOf,
  topicOf,
  type AppliedPipeline,
  type LabelDefinition,
  type OutcomeRecord,
} from '#contracts';
import type { LoggedPrediction } from '#platform/clickhouse';
import { CannotGoOn } from '#platform/kafka';
import type { OutboundMessage } from '#platform/outcomes';
import type { OutcomeCodecs } from '../ports.js';
import type { JoinTrace } from './join-trace.js';
import type { ReadLabel } from './read-label.step.js';

/** A label that found its prediction. */
export interface Joined {
  readonly message: OutboundMessage;
  /** From the event to its label becoming known, ms. */
  readonly delayMs: number;
  readonly late: boolean;
}

/** Makes the step that brings label and prediction together: a record of `<p>.outcomes`, a CloudEvent in binary mode. */
export function createJoinStep(
  { definition, schemaIds }: AppliedPipeline,
  withinMs: LabelDefinition['withinMs'],
  codecs: OutcomeCodecs,
) {
  const { name } = definition;
  const topic = topicOf(name, 'outcomes');
  if (schemaIds.outcome === undefined) {
    throw new CannotGoOn(`the pipeline ${name} has labels and no schema for outcomes: run \`eddyline apply\` for it`);
  }
  const encode = codecs.encoderFor(outcomeSchemaOf(definition), schemaIds.outcome);
  const constant = {
    [HEADER.ceSpecVersion]: '1.0',
    [HEADER.ceType]: `eddyline.${name}.outcome`,
    [HEADER.ceSource]: `/eddyline/pipelines/${name}/feedback`,
    [HEADER.contentType]: 'application/avro',
  };

  return function joinStep(
    { record, label, waiting }: ReadLabel,
    found: LoggedPrediction,
    trace: JoinTrace,
    nowMs: number,
  ): Joined {
    const { origin } = waiting;
    const prediction = found.record;
    const delayMs = label.timeMs - prediction.event_time;
    const late = delayMs > withinMs;
    const outcome: OutcomeRecord = {
      event_id: prediction.event_id,
      label: label.value,
      label_time: label.timeMs,
      label_revision: label.revision,
      label_late: late,
      label_partition: origin.partition,
      label_offset: origin.offset,
      joined_at: nowMs,
      published_at: found.publishedAtMs,
      prediction_partition: found.partition,
      prediction_offset: found.offset,
      prediction,
    };
    const message = {
      topic,
      // The same number as the label's: one lease owns both.
      partition: record.partition,
      key: prediction.event_id,
      value: encode(outcome),
      headers: {
        ...constant,
        [HEADER.ceId]: prediction.event_id,
        [HEADER.ceTime]: new Date(label.timeMs).toISOString(),
      },
      // An outcome's age counts from when its label was published, however long that had to wait.
      timestampMs: origin.timestampMs,
      traceparent: trace.traceparentOf(prediction.trace_id, record.spanContext),
    };
    return { message, delayMs, late };
  };
}
