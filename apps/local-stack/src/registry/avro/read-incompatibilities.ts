import {
  simpleName,
  type AvroModel,
  type EnumModel,
  type FieldModel,
  type FixedModel,
  type NamedModel,
  type RecordModel,
} from './avro-model.js';

/** Names as in Confluent's and Avro's Java libraries, whose messages clients show. */
export type IncompatibilityKind =
  | 'TYPE_MISMATCH'
  | 'NAME_MISMATCH'
  | 'FIXED_SIZE_MISMATCH'
  | 'MISSING_ENUM_SYMBOLS'
  | 'READER_FIELD_MISSING_DEFAULT_VALUE'
  | 'MISSING_UNION_BRANCH';

export interface Incompatibility {
  readonly kind: IncompatibilityKind;
  /** JSON pointer into the reader's schema. */
  readonly path: string;
  readonly message: string;
}

/** Writer types whose values a reader of the key's type takes, besides its own (Avro specification, "Schema Resolution"). */
const PROMOTIONS: Readonly<Record<string, readonly string[]>> = {
  long: ['int'],
  float: ['int', 'long'],
  double: ['int', 'long', 'float'],
  string: ['bytes'],
  bytes: ['string'],
};

/** Everything that keeps data written with `writer` from being read with `reader`; empty when all of it can be read. */
export function readIncompatibilities(reader: AvroModel, writer: AvroModel): Incompatibility[] {
  return new Resolution().compare(reader, writer, '');
}

/** One comparison. Pairs that are being compared count as compatible, so that recursive types come to an end. */
class Resolution {
  /** Pairs taken as compatible so far, oldest first. */
  private readonly assumed: { readonly reader: AvroModel; readonly writer: AvroModel }[] = [];

  compare(reader: AvroModel, writer: AvroModel, path: string): Incompatibility[] {
    if (this.assumed.some((pair) => pair.reader === reader && pair.writer === writer)) return [];
    const before = this.assumed.length;
    this.assumed.push({ reader, writer });
    const found = this.resolve(reader, writer, path);
    // Pairs accepted since may rest on this one, which has turned out wrong: another branch of a union must judge afresh.
    if (found.length > 0) this.assumed.length = before;
    return found;
  }

  private resolve(reader: AvroModel, writer: AvroModel, path: string): Incompatibility[] {
    // Every branch that may have been written must be readable, by one branch of the reader or another.
    if (writer.kind === 'union') {
      return writer.branches.flatMap((branch) => this.compare(reader, branch, path));
    }
    if (reader.kind === 'union') {
      if (reader.branches.some((branch) => this.compare(branch, writer, path).length === 0)) return [];
      return [
        problem('MISSING_UNION_BRANCH', path, `the reader's union lacks a branch that can read ${describe(writer)}`),
      ];
    }
    if (reader.kind === 'record' && writer.kind === 'record') return this.records(reader, writer, path);
    if (reader.kind === 'enum' && writer.kind === 'enum') return enums(reader, writer, path);
    if (reader.kind === 'fixed' && writer.kind === 'fixed') return fixeds(reader, writer, path);
    if (reader.kind === 'array' && writer.kind === 'array')
      return this.compare(reader.items, writer.items, `${path}/items`);
    if (reader.kind === 'map' && writer.kind === 'map')
      return this.compare(reader.values, writer.values, `${path}/values`);
    if (reader.kind === writer.kind || PROMOTIONS[reader.kind]?.includes(writer.kind)) return [];
    return [
      problem('TYPE_MISMATCH', path, `the reader's ${describe(reader)} cannot read the writer's ${describe(writer)}`),
    ];
  }

  private records(reader: RecordModel, writer: RecordModel, path: string): Incompatibility[] {
    return [
      ...names(reader, writer, path),
      ...reader.fields.flatMap((field, index) => this.field(field, writer, `${path}/fields/${index}`)),
    ];
  }

  private field(field: FieldModel, writer: RecordModel, path: string): Incompatibility[] {
    const written = writtenField(field, writer);
    if (written) return this.compare(field.type, written.type, `${path}/type`);
    if (field.hasDefault) return [];
    return [
      problem(
        'READER_FIELD_MISSING_DEFAULT_VALUE',
        path,
        `the reader's field '${field.name}' has no default, and the writer's record ${writer.fullName} lacks it`,
      ),
    ];
  }
}

/** The writer's field that a reader's field reads: by its name, else by one of its aliases. */
function writtenField(field: FieldModel, writer: RecordModel): FieldModel | undefined {
  return (
    writer.fields.find(({ name }) => name === field.name) ??
    writer.fields.find(({ name }) => field.aliases.includes(name))
  );
}

/** Resolution goes by the name without namespace, or by an alias of the reader. */
function names(reader: NamedModel, writer: NamedModel, path: string): Incompatibility[] {
  if (simpleName(reader.fullName) === simpleName(writer.fullName) || reader.aliases.includes(writer.fullName))
    return [];
  return [
    problem(
      'NAME_MISMATCH',
      `${path}/name`,
      `the reader's ${describe(reader)} is called otherwise than the writer's ${describe(writer)}`,
    ),
  ];
}

function enums(reader: EnumModel, writer: EnumModel, path: string): Incompatibility[] {
  const unknown = writer.symbols.filter((symbol) => !reader.symbols.includes(symbol));
  const found = names(reader, writer, path);
  if (unknown.length === 0 || reader.defaultSymbol !== undefined) return found;
  const list = unknown.join(', ');
  return [
    ...found,
    problem(
      'MISSING_ENUM_SYMBOLS',
      `${path}/symbols`,
      `the reader's ${describe(reader)} has no default and lacks the symbols ${list}`,
    ),
  ];
}

function fixeds(reader: FixedModel, writer: FixedModel, path: string): Incompatibility[] {
  const found = names(reader, writer, path);
  if (reader.size === writer.size) return found;
  return [
    ...found,
    problem(
      'FIXED_SIZE_MISMATCH',
      `${path}/size`,
      `the reader expects ${reader.size} bytes, the writer writes ${writer.size}`,
    ),
  ];
}

function problem(kind: IncompatibilityKind, path: string, message: string): Incompatibility {
  return { kind, path: path || '/', message };
}

function describe(model: AvroModel): string {
  return 'fullName' in model ? `${model.kind} ${model.fullName}` : model.kind;
}
