import { HEADER, topicOf, type AppliedPipeline } from '#contracts';
import type { EventIdentity } from '#domain/event-schema';
import type { StageRecord } from '#platform/kafka';
import type { OutboundMessage } from '#platform/outcomes';
import type { EventCodecs } from '../ports.js';
import type { CheckedEvent } from './expect.step.js';

type Headers = Record<string, Buffer | string>;

/** Makes the record on `<p>.validated`: the producer's bytes where nothing was changed, CloudEvents headers filled up. */
export function createEmitStep(
  applied: AppliedPipeline,
  { idOf, keyOf, timeMsOf }: EventIdentity,
  codecs: EventCodecs,
) {
  const { definition, schemaIds } = applied;
  const { name, event: declared } = definition;
  const { name: schemaName, namespace } = declared.schema;
  const topic = topicOf(name, 'validated');
  const type = namespace === undefined ? schemaName : `${namespace}.${schemaName}`;
  const source = `/eddyline/pipelines/${name}`;
  // Compiled at the first event that needs it: most streams never do.
  let encode: ((event: unknown) => Buffer) | undefined;

  return function emitStep(record: StageRecord, { event, imputed, flags }: CheckedEvent): OutboundMessage {
    const asItCame = !imputed && record.schemaId === schemaIds.event;
    return {
      topic,
      // The same number as the input's: one lease owns both, so that its state follows from this partition alone.
      partition: record.partition,
      key: keyOf(event),
      value: asItCame ? record.raw : (encode ??= codecs.encoderFor(declared.schema, schemaIds.event))(event),
      headers: headersOf(record, event, flags),
    };
  };

  function headersOf(record: StageRecord, event: CheckedEvent['event'], flags: readonly string[]): Headers {
    // Without a prototype: a producer may have called a header `__proto__`.
    const headers = Object.create(null) as Headers;
    for (const header in record.headers) {
      const value = record.headers[header];
      if (value !== undefined) headers[header] = value;
    }
    headers[HEADER.ceSpecVersion] ??= '1.0';
    headers[HEADER.ceId] ??= idOf(event);
    headers[HEADER.ceTime] ??= new Date(timeMsOf(event)).toISOString();
    headers[HEADER.ceType] ??= type;
    headers[HEADER.ceSource] ??= source;
    // A flag is this stage's word: one that came along is not.
    delete headers[HEADER.flags];
    // On `<p>.validated` this one says that a replay put the record there itself: restoring leaves such records out.
    delete headers[HEADER.replayTo];
    if (flags.length > 0) headers[HEADER.flags] = flags.join(',');
    return headers;
  }
}
