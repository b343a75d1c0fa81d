import type { AvroRecordSchema } from '#contracts';
import { eventFieldsOf, type EventField } from '#domain/event-schema';

/** What an expression sees as `event`: only the fields that it names, in CEL's own types. Filled anew for each event. */
export class EventView {
  [field: string]: unknown;
}

/** CEL's type names of an event's fields. Nullable fields are `dyn`: the value or null, checked when evaluated. */
export function celTypesOf(schema: AvroRecordSchema): Readonly<Record<string, string>> {
  return Object.fromEntries([...eventFieldsOf(schema).values()].map((field) => [field.name, celTypeOf(field)]));
}

/** Copies one field from the event into the view, converted to CEL's type. */
export type FieldCopy = (event: Readonly<Record<string, unknown>>, view: EventView) => void;

export function fieldCopiesOf(schema: AvroRecordSchema, used: Iterable<string>): readonly FieldCopy[] {
  const fields = eventFieldsOf(schema);
  return [...used].flatMap((name) => {
    const field = fields.get(name);
    return field ? [copyOf(field)] : [];
  });
}

function celTypeOf({ kind, nullable }: EventField): string {
  if (nullable) return 'dyn';
  switch (kind) {
    case 'boolean':
      return 'bool';
    // Every number is a CEL double, so that `event.count > 1` and `event.count > 1.0` are the same.
    case 'integer':
    case 'number':
      return 'double';
    case 'timestamp':
      return 'google.protobuf.Timestamp';
    case 'string':
    case 'enum':
      return 'string';
    case 'bytes':
      return 'bytes';
    case 'other':
      return 'dyn';
  }
}

function copyOf({ name, kind, unitsPerMs }: EventField): FieldCopy {
  switch (kind) {
    case 'timestamp':
      return (event, view) => {
        const value = event[name];
        view[name] = typeof value === 'number' ? new Date(Math.floor(value / unitsPerMs)) : value;
      };
    case 'bytes':
    case 'other':
      return (event, view) => {
        view[name] = plain(event[name]);
      };
    default:
      return (event, view) => {
        view[name] = event[name];
      };
  }
}

/** CEL knows values by their constructors: decoded records become plain objects, buffers become byte arrays. */
function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
