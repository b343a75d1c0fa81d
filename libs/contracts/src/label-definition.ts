import type { AvroRecordSchema } from './avro.js';

/** How labels find their events and what they say. */
export interface LabelDefinition {
  /** Schema of the values on `<p>.labels`. */
  readonly schema: AvroRecordSchema;
  readonly match:
    | { readonly by: 'id'; readonly field: string }
    /** Fields with the event's key and event time, which must be the event's to the millisecond. */
    | { readonly by: 'key_and_time'; readonly key: string; readonly time: string };
  /** Field with the label itself. */
  readonly field: string;
  readonly values:
    | { readonly kind: 'number' }
    /** true is 1. */
    | { readonly kind: 'boolean' }
    /** A value's place in the list is its class index; binary: negative, then positive. */
    | { readonly kind: 'classes'; readonly classes: readonly string[] };
  /** Field with when the label became known; null: `ce_time`, else the record's Kafka timestamp. */
  readonly time: string | null;
  /** Field (int or long, not negative) by which a correction outranks what it corrects; null: the label's time in ms. */
  readonly revision: string | null;
  /** Event time that a label waits for its prediction; one that comes later than this after its event is late. */
  readonly withinMs: number;
}
