import type avsc from 'avsc';

interface RecordType extends avsc.Type {
  readonly fields: readonly { name: string; aliases: readonly string[]; type: avsc.Type; defaultValue(): unknown }[];
}

/**
 * Dotted path of the first field that a reader needs and a writer never wrote: no field of its name or aliases, and no
 * default. Undefined when the schemas differ in another way.
 */
export function findMissingField(reader: avsc.Type, writer: avsc.Type, path = '', depth = 0): string | undefined {
  // Recursive schemas: what is missing shows in the first levels.
  if (depth > 16 || !isRecord(reader) || !isRecord(writer)) return undefined;
  for (const field of reader.fields) {
    const at = path === '' ? field.name : `${path}.${field.name}`;
    const names = [field.name, ...field.aliases];
    const written = writer.fields.find(({ name }) => names.includes(name));
    if (written === undefined) {
      if (field.defaultValue() === undefined) return at;
    } else {
      const missing = findMissingField(field.type, written.type, at, depth + 1);
      if (missing !== undefined) return missing;
    }
  }
  return undefined;
}

function isRecord(type: avsc.Type): type is RecordType {
  return type.typeName === 'record';
}
