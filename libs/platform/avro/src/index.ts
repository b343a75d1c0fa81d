export { AvroCodecs } from './avro-codecs.js';
export type { DecodeProgress } from './decode-progress.js';
export { InvalidAvroValue } from './avro-value-encoder.js';
export {
  SchemaRegistryClient,
  type CompatibilityLevel,
  type CompatibilityVerdict,
  type SchemaRegistryOptions,
  type SubjectVersion,
} from './schema-registry-client.js';
export { SchemaRegistryError } from './schema-registry-error.js';
export { parseAvroType } from './avro-type.js';
export { schemaIdOf, WIRE_HEADER_BYTES } from './wire-format.js';
