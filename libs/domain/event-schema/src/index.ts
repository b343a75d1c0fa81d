export { eventFieldsOf, type EventField, type EventFieldKind } from './event-fields.js';
export { compileIdentity, type EventIdentity } from './event-identity.js';
