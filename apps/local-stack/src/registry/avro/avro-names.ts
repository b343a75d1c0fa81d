/** Thrown when a text is not an Avro schema; the message says where and why. */
export class InvalidAvroSchema extends Error {
  override readonly name = 'InvalidAvroSchema';
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws InvalidAvroSchema unless `name` is one identifier. */
export function requireName(name: unknown, what: string): string {
  if (typeof name === 'string' && NAME.test(name)) return name;
  throw new InvalidAvroSchema(`Illegal name for ${what}: ${JSON.stringify(name)}`);
}

/**
 * Full name of a declared type by the specification's three rules: a dotted name is full already; a `namespace`
 * attribute goes before a plain name; without one the enclosing namespace does.
 * @throws InvalidAvroSchema when a part is no identifier.
 */
export function declaredFullName(schema: JsonObject, enclosingNamespace: string): string {
  const { name, namespace } = schema;
  if (typeof name !== 'string' || name === '')
    throw new InvalidAvroSchema(`No name in schema: ${JSON.stringify(schema)}`);
  if (namespace !== undefined && namespace !== null && typeof namespace !== 'string') {
    throw new InvalidAvroSchema(`The namespace of ${name} is not a string`);
  }
  const full = qualify(name, namespace ?? enclosingNamespace);
  for (const part of full.split('.')) requireName(part, `type ${full}`);
  return full;
}

/** A name as written inside a namespace, in full. */
export function qualify(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
}

export function namespaceOf(fullName: string): string {
  const dot = fullName.lastIndexOf('.');
  return dot < 0 ? '' : fullName.slice(0, dot);
}
