export { compileJsonEvent, type JsonEventOptions, type JsonEventResult } from './compile-json-event.js';
export type { JsonEventError, JsonEventReason } from './conversion.js';
export type { BytesFactory } from './convert-scalar.js';
export { eventJsonSchema, type JsonSchema } from './json-schema.js';
