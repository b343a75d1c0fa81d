import { declaredFullName, isJsonObject, namespaceOf, qualify, type JsonObject } from './avro-names.js';
import { isPrimitiveName, simpleName } from './avro-model.js';

/** Attribute order of the Java library's `Schema.toString()`, which Confluent's registry stores and compares. */
const FIRST: Readonly<Record<string, readonly string[]>> = {
  record: ['type', 'name', 'namespace', 'doc', 'fields'],
  error: ['type', 'name', 'namespace', 'doc', 'fields'],
  enum: ['type', 'name', 'namespace', 'doc', 'symbols', 'default'],
  fixed: ['type', 'name', 'namespace', 'doc', 'size'],
  array: ['type', 'items'],
  map: ['type', 'values'],
  field: ['name', 'type', 'doc', 'default', 'order'],
};
const LAST = ['aliases'];

/**
 * A schema as one line with its attributes in a fixed order, names split into name and namespace, and `{"type": "x"}`
 * shortened to `"x"`: two texts of the same schema get the same id. Documentation, defaults, aliases and custom
 * properties are part of a schema; white space and the order of attributes are not.
 * Expects a schema that `parseAvro` accepts.
 */
export function canonicalText(schema: unknown): string {
  return JSON.stringify(canonical(schema, ''));
}

function canonical(schema: unknown, namespace: string): unknown {
  if (typeof schema === 'string') return canonicalReference(schema, namespace);
  if (Array.isArray(schema)) return schema.map((branch) => canonical(branch, namespace));
  if (!isJsonObject(schema)) return schema;
  const { type } = schema;
  if (type === 'record' || type === 'error' || type === 'enum' || type === 'fixed')
    return canonicalNamed(schema, type, namespace);
  if (type === 'array') return ordered(schema, type, { items: canonical(schema.items, namespace) });
  if (type === 'map') return ordered(schema, type, { values: canonical(schema.values, namespace) });
  const inner = canonical(type, namespace);
  const hasOwnAttributes = Object.keys(schema).length > 1;
  return hasOwnAttributes && typeof inner === 'string' ? ordered(schema, 'primitive', { type: inner }) : inner;
}

function canonicalReference(name: string, namespace: string): string {
  if (isPrimitiveName(name)) return name;
  const full = qualify(name, namespace);
  return namespaceOf(full) === namespace ? simpleName(full) : full;
}

function canonicalNamed(schema: JsonObject, type: string, enclosing: string): JsonObject {
  const full = declaredFullName(schema, enclosing);
  const own = namespaceOf(full);
  const fields = Array.isArray(schema.fields)
    ? { fields: schema.fields.map((field) => canonicalField(field, own)) }
    : {};
  return ordered(schema, type, {
    name: simpleName(full),
    namespace: own === enclosing ? undefined : own,
    ...fields,
  });
}

function canonicalField(field: unknown, namespace: string): unknown {
  if (!isJsonObject(field)) return field;
  return ordered(field, 'field', {
    type: canonical(field.type, namespace),
    order: field.order === 'ascending' ? undefined : field.order,
  });
}

/** `schema` with `replaced` attributes, in canonical order; undefined attributes vanish in JSON. */
function ordered(schema: JsonObject, kind: string, replaced: JsonObject): JsonObject {
  const all: JsonObject = { ...schema, ...replaced };
  const first = FIRST[kind] ?? ['type'];
  const custom = Object.keys(all).filter((key) => !first.includes(key) && !LAST.includes(key));
  return Object.fromEntries(
    [...first, ...custom, ...LAST].filter((key) => all[key] !== undefined).map((key) => [key, all[key]]),
  );
}
