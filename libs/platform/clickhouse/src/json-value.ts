import type { AvroNamed, AvroSchema } from '#contracts';

/** Schemas that a record defines by name and may refer to later, by simple name. */
export type Named = ReadonlyMap<string, AvroNamed>;

/** A decoded Avro value as JSON text: bytes as base64, NaN and infinities as strings; longs are plain numbers. */
export function toJsonText(value: unknown): string {
  return JSON.stringify(value, spell) ?? 'null';
}

/** Buffers turn themselves into objects before a replacer sees them, so it looks at what holds them. */
function spell(this: unknown, key: string, value: unknown): unknown {
  const original = (this as Record<string, unknown>)[key];
  if (Buffer.isBuffer(original)) return original.toString('base64');
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

/**
 * The value that the text was made from. Where a union holds text as well as bytes or numbers, what was written for the one
 * and the other looks the same: it is read as text.
 */
export function fromJsonText(text: string, schema: AvroSchema, named: Named): unknown {
  return revive(JSON.parse(text), schema, named);
}

function revive(value: unknown, schema: AvroSchema, named: Named): unknown {
  if (value === null) return null;
  if (Array.isArray(schema)) return reviveBranch(value, schema as readonly AvroSchema[], named);
  const resolved = resolveName(schema as string | AvroNamed, named);
  if (typeof resolved !== 'string') {
    const { type } = resolved;
    if (typeof type !== 'string') return revive(value, type, named);
    if (type === 'record') {
      const members = value as Record<string, unknown>;
      return Object.fromEntries(
        (resolved.fields ?? []).map((field) => [field.name, revive(members[field.name], field.type, named)]),
      );
    }
    if (type === 'array') return (value as unknown[]).map((item) => revive(item, resolved.items ?? 'null', named));
    if (type === 'map') {
      const entries = Object.entries(value as object);
      return Object.fromEntries(entries.map(([key, item]) => [key, revive(item, resolved.values ?? 'null', named)]));
    }
  }
  switch (kindOf(resolved, named)) {
    case 'buffer':
      return Buffer.from(value as string, 'base64');
    case 'number':
      return Number(value);
    default:
      return value;
  }
}

/** Where two branches look alike in JavaScript their values are wrapped in the branch's name. */
function reviveBranch(value: unknown, branches: readonly AvroSchema[], named: Named): unknown {
  const kinds = branches.map((branch) => kindOf(branch, named));
  if (new Set(kinds).size < kinds.length) {
    const [[name, inner] = []] = Object.entries(value as object) as [string, unknown][];
    const branch = branches.find((candidate) => branchNameOf(candidate, named) === simpleNameOf(name ?? ''));
    return branch === undefined || name === undefined ? value : { [name]: revive(inner, branch, named) };
  }
  const fits = branches.find((branch, at) => kinds[at] === kindOfJson(value) && branch !== 'null');
  const spelled = typeof value === 'string' ? branches.find((_, at) => kinds[at] === 'buffer') : undefined;
  const number = typeof value === 'string' ? branches.find((_, at) => kinds[at] === 'number') : undefined;
  const branch = fits ?? (/^(NaN|-?Infinity)$/.test(String(value)) ? (number ?? spelled) : spelled);
  return branch === undefined ? value : revive(value, branch, named);
}

type Kind = 'null' | 'boolean' | 'number' | 'string' | 'buffer' | 'array' | 'object';

function kindOfJson(value: unknown): Kind {
  return Array.isArray(value) ? 'array' : (typeof value as Kind);
}

/** As what a value of the schema appears in JavaScript: what avsc tells the branches of a union apart by. */
function kindOf(schema: AvroSchema, named: Named): Kind {
  const resolved = resolveName(schema as string | AvroNamed, named);
  if (typeof resolved !== 'string') {
    return typeof resolved.type === 'string' ? kindOfName(resolved.type) : kindOf(resolved.type, named);
  }
  return kindOfName(resolved);
}

function kindOfName(name: string): Kind {
  switch (name) {
    case 'null':
    case 'boolean':
    case 'array':
      return name;
    case 'string':
    case 'enum':
      return 'string';
    case 'bytes':
    case 'fixed':
      return 'buffer';
    case 'map':
    case 'record':
      return 'object';
    default:
      return 'number';
  }
}

function resolveName(schema: string | AvroNamed, named: Named): string | AvroNamed {
  return typeof schema === 'string' ? (named.get(simpleNameOf(schema)) ?? schema) : schema;
}

function branchNameOf(schema: AvroSchema, named: Named): string {
  const resolved = resolveName(schema as string | AvroNamed, named);
  if (typeof resolved === 'string') return resolved;
  if (resolved.name !== undefined) return simpleNameOf(resolved.name);
  return typeof resolved.type === 'string' ? resolved.type : branchNameOf(resolved.type as AvroSchema, named);
}

export function simpleNameOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}
