/** Confluent wire format: `0x00`, schema id (int32, big endian), Avro body. */
export const WIRE_HEADER_BYTES = 5;

/** The id under which a value says it was written; -1 when it is not in the wire format. */
export function schemaIdOf(value: Buffer | null): number {
  if (value === null || value.length < WIRE_HEADER_BYTES || value[0] !== 0) return -1;
  return value.readInt32BE(1);
}

const ENCODING_HINT =
  "publish with an Avro serializer that registers with the schema registry, or send the event to the ingestion service's HTTP API";

/** What a value that is not in the wire format looks like, and how to publish it properly. */
export function explainNotAvro(value: Buffer): string {
  const start = value.subarray(0, 64).toString('latin1').trimStart();
  if (start.startsWith('{') || start.startsWith('[')) return `the value looks like JSON, not Avro; ${ENCODING_HINT}`;
  if (start.startsWith('Obj\x01')) {
    return `the value is an Avro container file with a schema of its own; publish its records one by one: ${ENCODING_HINT}`;
  }
  if (value[0] === 0) {
    return `the value is ${value.length} bytes long, too short for 0x00 and a schema id; ${ENCODING_HINT}`;
  }
  const first = `0x${value[0]!.toString(16).padStart(2, '0')}`;
  return `the value begins with ${first}, not with 0x00 and a schema id; ${ENCODING_HINT}`;
}
