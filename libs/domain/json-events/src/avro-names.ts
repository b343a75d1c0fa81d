import type { AvroNamed, AvroSchema } from '#contracts';

const PRIMITIVES = new Set(['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string']);

export function isPrimitive(name: string): boolean {
  return PRIMITIVES.has(name);
}

export function isUnion(schema: AvroSchema): schema is readonly AvroSchema[] {
  return Array.isArray(schema);
}

/** Full name by the rules of Avro: dots win, then the type's own namespace, then the enclosing one. */
export function fullNameOf(name: string, namespace: string | undefined): string {
  return name.includes('.') || namespace === undefined || namespace === '' ? name : `${namespace}.${name}`;
}

/** The namespace in force inside a named type. */
export function namespaceOf(schema: AvroNamed, enclosing: string | undefined): string | undefined {
  const name = schema.name ?? '';
  return name.includes('.') ? name.slice(0, name.lastIndexOf('.')) : (schema.namespace ?? enclosing);
}

/** `{ type: { type: 'array', … } }` → what is inside: some tools nest types needlessly. */
export function unnested(schema: AvroSchema): AvroSchema {
  let inner = schema;
  while (typeof inner === 'object' && !isUnion(inner) && typeof inner.type !== 'string') inner = inner.type;
  return inner;
}
