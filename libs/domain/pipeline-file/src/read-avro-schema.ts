import type { AvroRecordSchema } from '#contracts';

export type AvroSchemaResult =
  | { readonly ok: true; readonly schema: AvroRecordSchema }
  | { readonly ok: false; readonly problems: readonly string[] };

const PRIMITIVES = new Set(['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string']);
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const FULL_NAME = /^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$/;

/** Members of every object in JavaScript: a value could not be told to have such a field, or not. */
const TAKEN: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Object.prototype));

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads the text of an `.avsc` file and checks it by Avro 1.11: every problem, each with its place in the schema.
 *
 * @param called what the schema is called in messages, e.g. `event schema`
 */
export function readAvroSchema(text: string, called: string): AvroSchemaResult {
  let schema: unknown;
  try {
    schema = JSON.parse(text);
  } catch (error) {
    return { ok: false, problems: [`the ${called} is not JSON: ${(error as Error).message}`] };
  }
  if (!isObject(schema) || schema['type'] !== 'record') {
    return {
      ok: false,
      problems: [`the ${called} must be an Avro record: {"type": "record", "name": …, "fields": […]}`],
    };
  }
  const check = new SchemaCheck();
  check.type(schema, called, '');
  if (check.problems.length > 0) return { ok: false, problems: check.problems };
  return { ok: true, schema: schema as unknown as AvroRecordSchema };
}

class SchemaCheck {
  readonly problems: string[] = [];
  private readonly named = new Set<string>();

  type(type: unknown, where: string, namespace: string): void {
    if (typeof type === 'string') return this.reference(type, where, namespace);
    if (Array.isArray(type)) return this.union(type, where, namespace);
    if (!isObject(type)) return this.problem(where, 'has no type; give an Avro type such as "double"');
    const kind = type['type'];
    if (type['logicalType'] !== undefined && typeof type['logicalType'] !== 'string')
      this.problem(where, 'has a "logicalType" that is no text');
    switch (kind) {
      case 'record':
      case 'error':
        return this.record(type, where, this.declare(type, where, namespace));
      case 'enum':
        this.declare(type, where, namespace);
        return this.symbols(type['symbols'], where);
      case 'fixed':
        this.declare(type, where, namespace);
        if (!Number.isSafeInteger(type['size']) || (type['size'] as number) < 1)
          this.problem(where, 'needs "size", a whole number');
        return;
      case 'array':
        return this.type(type['items'], `${where} items`, namespace);
      case 'map':
        return this.type(type['values'], `${where} values`, namespace);
      default:
        return this.type(kind, where, namespace);
    }
  }

  private record(record: Json, where: string, namespace: string): void {
    const fields = record['fields'];
    if (!Array.isArray(fields) || fields.length === 0)
      return this.problem(where, 'needs "fields", a list with at least one field');
    const names = new Set<string>();
    for (const [index, field] of fields.entries()) {
      if (!isObject(field) || typeof field['name'] !== 'string') {
        this.problem(where, `field ${index} needs a "name"`);
        continue;
      }
      const { name } = field;
      if (!NAME.test(name as string))
        this.problem(where, `field name "${name}" must be letters, digits and underscores, no digit first`);
      if (TAKEN.has(name as string))
        this.problem(
          where,
          `can't have a field called "${name}", as every object of JavaScript does; call it otherwise`,
        );
      if (names.has(name as string)) this.problem(where, `has the field "${name}" twice`);
      names.add(name as string);
      this.type(field['type'], `field "${name}"`, namespace);
    }
  }

  /** @returns the namespace in which the type's own fields are read */
  private declare(type: Json, where: string, namespace: string): string {
    const name = type['name'];
    if (typeof name !== 'string' || !FULL_NAME.test(name)) {
      this.problem(where, 'needs a "name" of letters, digits and underscores');
      return namespace;
    }
    const own = typeof type['namespace'] === 'string' ? type['namespace'] : namespace;
    const full = name.includes('.') || own === '' ? name : `${own}.${name}`;
    if (PRIMITIVES.has(full)) this.problem(where, `can't be named "${full}", which is a type of Avro`);
    if (this.named.has(full)) this.problem(where, `declares the type "${full}" again`);
    this.named.add(full);
    return full.includes('.') ? full.slice(0, full.lastIndexOf('.')) : '';
  }

  private reference(name: string, where: string, namespace: string): void {
    if (PRIMITIVES.has(name) || this.named.has(name) || this.named.has(`${namespace}.${name}`)) return;
    this.problem(
      where,
      `has the unknown type "${name}"; Avro has ${[...PRIMITIVES].join(', ')}, record, enum, array, map and fixed`,
    );
  }

  private union(branches: readonly unknown[], where: string, namespace: string): void {
    if (branches.length === 0) this.problem(where, 'is an empty union');
    for (const branch of branches) {
      if (Array.isArray(branch)) this.problem(where, 'has a union directly inside a union');
      else this.type(branch, where, namespace);
    }
  }

  private symbols(symbols: unknown, where: string): void {
    const fit =
      Array.isArray(symbols) && symbols.length > 0 && symbols.every((it) => typeof it === 'string' && NAME.test(it));
    if (!fit) return this.problem(where, 'needs "symbols", a list of names');
    if (new Set(symbols).size < symbols.length) this.problem(where, 'has a symbol twice');
    const taken = symbols.find((symbol) => TAKEN.has(symbol));
    if (taken !== undefined)
      this.problem(where, `can't have the symbol "${taken}", which every object of JavaScript has`);
  }

  private problem(where: string, what: string): void {
    this.problems.push(`${where} ${what}`);
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
