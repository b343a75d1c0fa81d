import type { AvroField, AvroRecordSchema, AvroSchema } from '#contracts';

/** How the columns of a CSV file meet the fields of the event schema. */
export interface ColumnFit {
  /** Columns that the schema has no field for; they are left out. */
  readonly ignored: readonly string[];
  /** Fields without a default that the file has no column for. */
  readonly missing: readonly string[];
}

export function fitColumns(schema: AvroRecordSchema, columns: readonly string[]): ColumnFit {
  const fields = new Set(schema.fields.map((field) => field.name));
  const present = new Set(columns);
  return {
    ignored: columns.filter((column) => !fields.has(column)),
    missing: schema.fields
      .filter((field) => field.default === undefined && !present.has(field.name))
      .map((field) => field.name),
  };
}

/**
 * Turns the texts of CSV rows into the JSON values that the event schema asks for. A text that does not fit its type is
 * left as text: the conversion to Avro then says what was expected. Empty text is null where the field takes null, is
 * left out where the field has a default, and stays empty text else.
 */
export function csvTyping(
  schema: AvroRecordSchema,
): (fields: Readonly<Record<string, unknown>>) => Record<string, unknown> {
  const typings = schema.fields.map((field) => ({
    field,
    parse: parserOf(field.type),
    nullable: takesNull(field.type),
  }));
  return function typeCsvRow(fields) {
    const typed: Record<string, unknown> = {};
    for (const { field, parse, nullable } of typings) {
      const text = fields[field.name];
      if (typeof text !== 'string') continue;
      if (text !== '' || isText(field.type)) typed[field.name] = parse(text);
      else if (nullable) typed[field.name] = null;
      else if (!hasDefault(field)) typed[field.name] = text;
    }
    return typed;
  };
}

function hasDefault(field: AvroField): boolean {
  return field.default !== undefined;
}

function takesNull(type: AvroSchema): boolean {
  return type === 'null' || (Array.isArray(type) && type.some(takesNull));
}

/** Plain strings take the empty text as a value; a nullable string takes null for it. */
function isText(type: AvroSchema): boolean {
  return typeName(type) === 'string' && !Array.isArray(type);
}

function typeName(type: AvroSchema): string {
  if (typeof type === 'string') return type;
  if (Array.isArray(type)) return 'union';
  const inner = (type as { type: AvroSchema }).type;
  return typeof inner === 'string' ? inner : typeName(inner);
}

function parserOf(type: AvroSchema): (text: string) => unknown {
  if (Array.isArray(type)) {
    const branches = (type as readonly AvroSchema[]).filter((branch) => branch !== 'null');
    const only = branches.length === 1 ? branches[0] : undefined;
    return only === undefined ? (text) => text : parserOf(only);
  }
  switch (typeName(type)) {
    case 'int':
    case 'long':
      return (text) => (/^[+-]?\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : text);
    case 'float':
    case 'double':
      return (text) => (text !== '' && Number.isFinite(Number(text)) ? Number(text) : text);
    case 'boolean':
      return (text) => BOOLEANS[text.toLowerCase()] ?? text;
    case 'array':
    case 'map':
    case 'record':
      return (text) => jsonOr(text);
    default:
      return (text) => text;
  }
}

const BOOLEANS: Readonly<Record<string, boolean>> = { true: true, false: false, '1': true, '0': false };

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
