import type { AvroRecordSchema } from '#contracts';
import type { ValueDecoder } from '#platform/kafka';

/** How events are read from and written to the wire. */
export interface EventCodecs {
  /** A decoder that reads values of any compatible writer schema as `schema`. */
  decoderFor(schema: AvroRecordSchema): ValueDecoder;
  /** @param id registry id of `schema`. Compiles the schema: keep the function. */
  encoderFor(schema: AvroRecordSchema, id: number): (event: unknown) => Buffer;
}

export const EVENT_CODECS = Symbol('eddyline.validation.event-codecs');
