/** A decoded event: Avro field names to values. */
export type Event = Readonly<Record<string, unknown>>;
