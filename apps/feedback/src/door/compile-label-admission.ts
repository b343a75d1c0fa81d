import { topicOf, type AppliedPipeline, type LabelDefinition } from '#contracts';
import { compileJsonEvent } from '#domain/json-events';
import { compileLabel, type Label } from '#domain/labels';
import { InvalidAvroValue } from '#platform/avro';
import {
  cloudEventHeaders,
  recordSize,
  recordTooLarge,
  traceOf,
  unencodable,
  unreadableJson,
  type Admission,
  type Candidate,
} from '#platform/http-publishing';
import { problemDetails } from '#platform/service';

/** Candidate → record of the pipeline's labels topic, or the problem that its sender is told. */
export type AdmitLabel = (candidate: Candidate, nowMs: number) => Admission;

/**
 * Compiles what the door does with a label: convert by its schema, read it as the join will, encode it. What would be
 * quarantined a moment later is refused here, where the sender hears of it.
 */
export function compileLabelAdmission(
  { definition }: Pick<AppliedPipeline, 'definition'>,
  label: LabelDefinition,
  encode: (label: unknown) => Buffer,
): AdmitLabel {
  const { name, topics } = definition;
  const topic = topicOf(name, 'labels');
  const convert = compileJsonEvent(label.schema, { bytesFrom: (bytes) => Buffer.from(bytes) });
  const read = compileLabel({ ...definition, label });

  return function admitLabel({ data, attributes }, nowMs) {
    const converted = convert(data);
    if (!converted.ok) return { ok: false, problem: unreadableJson(converted.errors, 'label') };
    const reading = read({ value: converted.event, ceTime: attributes?.time, timestampMs: nowMs });
    if (!reading.ok) return { ok: false, problem: problemDetails(422, reading.reason, `${reading.message}.`) };
    let value: Buffer;
    try {
      value = encode(converted.event);
    } catch (error) {
      if (!(error instanceof InvalidAvroValue)) throw error;
      return { ok: false, problem: unencodable(error) };
    }
    const { event, timeMs } = reading.label;
    const id = eventNameOf(event);
    const headers = cloudEventHeaders(attributes, {
      id,
      type: `eddyline.${name}.label`,
      source: 'urn:eddyline:feedback',
      // Where the label does not say it, it became known when Kafka took it: that is the record's own time.
      timeMs: label.time === null ? null : timeMs,
    });
    // Labels of one event come to one partition, and so in their order.
    const message = { topic, key: event.by === 'id' ? event.id : event.key, value, headers };
    const sizeBytes = recordSize(message);
    if (sizeBytes > topics.maxMessageBytes) {
      return { ok: false, problem: recordTooLarge(sizeBytes, topics.maxMessageBytes, topic) };
    }
    return { ok: true, id, message, trace: traceOf(attributes) };
  };
}

/** The event's id, or `<key> at <time>` where that is what labels know. */
function eventNameOf(event: Label['event']): string {
  return event.by === 'id' ? event.id : `${event.key} at ${new Date(event.timeMs).toISOString()}`;
}
