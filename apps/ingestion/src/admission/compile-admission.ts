import { topicOf, type AppliedPipeline } from '#contracts';
import { compileIdentity, eventFieldsOf } from '#domain/event-schema';
import { compileExpectations } from '#domain/expectations';
import { compileJsonEvent } from '#domain/json-events';
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
  type CloudAttributes,
} from '#platform/http-publishing';
import { unmetExpectations } from './refusals.js';

export interface AdmissionContext {
  /** When the event came, ms since epoch: what `maxAhead` is measured against. */
  readonly nowMs: number;
  /** Oldest watermark of validation over the pipeline's partitions, ms since epoch; -Infinity when unknown. */
  readonly watermarkMs: number;
}

/** Candidate → record of the pipeline's events topic, or the problem that its sender is told. */
export type Admit = (candidate: Candidate, context: AdmissionContext) => Admission;

/**
 * Compiles what the door does with an event of a pipeline: convert by its schema, hold it against the expectations that
 * need no history, encode it. What a stage would quarantine a moment later is refused here, where the sender hears of it.
 */
export function compileAdmission(
  { definition }: Pick<AppliedPipeline, 'definition'>,
  encode: (event: unknown) => Buffer,
): Admit {
  const { event: eventDefinition, topics } = definition;
  const topic = topicOf(definition.name, 'events');
  const convert = compileJsonEvent(eventDefinition.schema, { bytesFrom: (bytes) => Buffer.from(bytes) });
  const identity = compileIdentity(eventDefinition);
  const expectations = compileExpectations(definition);
  const complete = compileCompletion(eventDefinition);
  return function admit({ data, attributes }, { nowMs, watermarkMs }) {
    const converted = convert(attributes === null ? data : complete(data, attributes));
    if (!converted.ok) return { ok: false, problem: unreadableJson(converted.errors, 'event') };
    const { event } = converted;
    const violations = expectations.check(event, { watermarkMs, recordTimestampMs: nowMs, outliers: null });
    if (violations !== null && violations.quarantine !== null) {
      return { ok: false, problem: unmetExpectations(violations, definition) };
    }
    const id = identity.idOf(event);
    const key = identity.keyOf(event);
    let value: Buffer;
    try {
      value = encode(event);
    } catch (error) {
      if (!(error instanceof InvalidAvroValue)) throw error;
      return { ok: false, problem: unencodable(error) };
    }
    const headers = cloudEventHeaders(attributes, {
      id,
      type: `eddyline.${definition.name}.event`,
      source: 'urn:eddyline:ingestion',
      timeMs: identity.timeMsOf(event),
    });
    const message = { topic, key, value, headers };
    const sizeBytes = recordSize(message);
    if (sizeBytes > topics.maxMessageBytes) {
      return { ok: false, problem: recordTooLarge(sizeBytes, topics.maxMessageBytes, topic) };
    }
    return { ok: true, id, message, trace: traceOf(attributes) };
  };
}

/** CloudEvents keep id and time outside of the data: they stand in for fields that the data leaves out. */
function compileCompletion({
  schema,
  id,
  time,
}: AppliedPipeline['definition']['event']): (data: unknown, attributes: CloudAttributes) => unknown {
  const idIsNumber = eventFieldsOf(schema).get(id)?.kind === 'integer';
  return (data, attributes) => {
    if (typeof data !== 'object' || data === null || Array.isArray(data)) return data;
    const lacksId = !Object.hasOwn(data, id);
    const lacksTime = attributes.time !== undefined && !Object.hasOwn(data, time);
    if (!lacksId && !lacksTime) return data;
    return {
      ...data,
      ...(lacksId ? { [id]: idIsNumber ? Number(attributes.id) : attributes.id } : {}),
      ...(lacksTime ? { [time]: attributes.time } : {}),
    };
  };
}
