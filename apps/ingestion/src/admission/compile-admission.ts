import { HEADER, topicOf, type AppliedPipeline } from '#contracts';
import { compileIdentity, eventFieldsOf } from '#domain/event-schema';
import { compileExpectations } from '#domain/expectations';
import { compileJsonEvent } from '#domain/json-events';
import { InvalidAvroValue } from '#platform/avro';
import type { OutboundMessage } from '#platform/outcomes';
import type { ProblemDetails } from '#platform/service';
import type { Candidate, CloudAttributes } from '../candidate.js';
import { recordTooLarge, unencodableEvent, unmetExpectations, unreadableEvent } from './refusals.js';

export interface AdmissionContext {
  /** When the event came, ms since epoch: what `maxAhead` is measured against. */
  readonly nowMs: number;
  /** Oldest watermark of validation over the pipeline's partitions, ms since epoch; -Infinity when unknown. */
  readonly watermarkMs: number;
}

/** An event that may go on its topic. */
export interface Admitted {
  readonly id: string;
  /** Complete but for its trace context. */
  readonly message: OutboundMessage & { readonly headers: Readonly<Record<string, string>> };
  /** The event's own trace, when it brought one. */
  readonly trace: Pick<CloudAttributes, 'traceparent' | 'tracestate'> | null;
}

export type Admission = ({ readonly ok: true } & Admitted) | { readonly ok: false; readonly problem: ProblemDetails };

/** Candidate → record of the pipeline's events topic, or the problem that its sender is told. */
export type Admit = (candidate: Candidate, context: AdmissionContext) => Admission;

/** Bytes that a record costs beside key, value and headers: batch and record framing of Kafka's format, rounded up. */
const FRAMING_BYTES = 100;
const FRAMING_BYTES_PER_HEADER = 8;
/** A trace context is added after the size was checked. */
const TRACE_BYTES = 100;

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
    if (!converted.ok) return { ok: false, problem: unreadableEvent(converted.errors) };
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
      return { ok: false, problem: unencodableEvent(error) };
    }
    const headers = headersOf(definition.name, id, identity.timeMsOf(event), attributes);
    const sizeBytes = value.length + Buffer.byteLength(key) + sizeOfHeaders(headers) + FRAMING_BYTES + TRACE_BYTES;
    if (sizeBytes > topics.maxMessageBytes) {
      return { ok: false, problem: recordTooLarge(sizeBytes, topics.maxMessageBytes, topic) };
    }
    return { ok: true, id, message: { topic, key, value, headers }, trace: traceOf(attributes) };
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

function headersOf(
  pipeline: string,
  id: string,
  timeMs: number,
  attributes: CloudAttributes | null,
): Record<string, string> {
  const headers: Record<string, string> = {
    [HEADER.ceSpecVersion]: '1.0',
    [HEADER.ceId]: attributes?.id ?? id,
    [HEADER.ceType]: attributes?.type ?? `eddyline.${pipeline}.event`,
    [HEADER.ceSource]: attributes?.source ?? 'urn:eddyline:ingestion',
  };
  const time = attributes?.time ?? isoOf(timeMs);
  if (time !== undefined) headers[HEADER.ceTime] = time;
  for (const [name, value] of Object.entries(attributes?.extensions ?? {})) headers[`ce_${name}`] = value;
  return headers;
}

/** Undefined beyond the years that ISO 8601 can write. */
function isoOf(timeMs: number): string | undefined {
  return Math.abs(timeMs) <= 8.64e15 ? new Date(timeMs).toISOString() : undefined;
}

function sizeOfHeaders(headers: Readonly<Record<string, string>>): number {
  let size = 0;
  for (const name in headers) size += name.length + Buffer.byteLength(headers[name]!) + FRAMING_BYTES_PER_HEADER;
  return size;
}

function traceOf(attributes: CloudAttributes | null): Admitted['trace'] {
  if (attributes?.traceparent === undefined) return null;
  const { traceparent, tracestate } = attributes;
  return { traceparent, ...(tracestate === undefined ? {} : { tracestate }) };
}
