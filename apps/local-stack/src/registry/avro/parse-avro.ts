import {
  isNamed,
  isPrimitiveName,
  type AvroModel,
  type EnumModel,
  type FieldModel,
  type FixedModel,
  type NamedModel,
  type RecordModel,
} from './avro-model.js';
import {
  declaredFullName,
  InvalidAvroSchema,
  isJsonObject,
  namespaceOf,
  qualify,
  requireName,
  type JsonObject,
} from './avro-names.js';
import { defaultProblem } from './field-default.js';

/**
 * Parses the JSON of an Avro schema (specification 1.11/1.12) and checks it: names, references, unions, enums, sizes and
 * the defaults of fields.
 * @throws InvalidAvroSchema at the first thing that is wrong.
 */
export function parseAvro(text: string): AvroModel {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new InvalidAvroSchema(`Not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  const parser = new AvroParser();
  const model = parser.parse(json, '');
  // A default may be of a type that is complete only after its record: checked once everything is known.
  parser.checkDefaults();
  return model;
}

class AvroParser {
  private readonly named = new Map<string, NamedModel>();
  private readonly defaults: { readonly where: string; readonly type: AvroModel; readonly value: unknown }[] = [];

  parse(json: unknown, namespace: string): AvroModel {
    if (typeof json === 'string') return this.reference(json, namespace);
    if (Array.isArray(json)) return this.union(json, namespace);
    if (isJsonObject(json)) return this.complex(json, namespace);
    throw new InvalidAvroSchema(`Not a schema: ${JSON.stringify(json)}`);
  }

  checkDefaults(): void {
    for (const { where, type, value } of this.defaults) {
      const problem = defaultProblem(type, value);
      if (problem) throw new InvalidAvroSchema(`Invalid default for field ${where}: ${problem}`);
    }
  }

  private reference(name: string, namespace: string): AvroModel {
    if (isPrimitiveName(name)) return { kind: name };
    // A plain name means the enclosing namespace first, then none: older writers leave the namespace out.
    const found = this.named.get(qualify(name, namespace)) ?? this.named.get(name);
    if (!found) throw new InvalidAvroSchema(`Undefined name: ${JSON.stringify(name)}`);
    return found;
  }

  private union(branches: readonly unknown[], namespace: string): AvroModel {
    const models = branches.map((branch) => this.parse(branch, namespace));
    const seen = new Set<string>();
    for (const model of models) {
      if (model.kind === 'union') throw new InvalidAvroSchema('Nested union: a union may not directly contain another');
      const key = isNamed(model) ? model.fullName : model.kind;
      if (seen.has(key)) throw new InvalidAvroSchema(`Duplicate in union: ${key}`);
      seen.add(key);
    }
    return { kind: 'union', branches: models };
  }

  private complex(json: JsonObject, namespace: string): AvroModel {
    const { type } = json;
    if (type === 'record' || type === 'error') return this.record(json, namespace);
    if (type === 'enum') return this.enumeration(json, namespace);
    if (type === 'fixed') return this.fixed(json, namespace);
    if (type === 'array') return { kind: 'array', items: this.parse(required(json, 'items'), namespace) };
    if (type === 'map') return { kind: 'map', values: this.parse(required(json, 'values'), namespace) };
    if (type === undefined) throw new InvalidAvroSchema(`No type: ${JSON.stringify(json)}`);
    // {"type": "string", "logicalType": …} and {"type": {"type": "array", …}}
    return this.parse(type, namespace);
  }

  private record(json: JsonObject, enclosing: string): RecordModel {
    const fullName = declaredFullName(json, enclosing);
    const model: RecordModel = { kind: 'record', fullName, aliases: this.typeAliases(json, fullName), fields: [] };
    this.define(model);
    const { fields } = json;
    if (!Array.isArray(fields)) throw new InvalidAvroSchema(`Record ${fullName} has no fields`);
    const names = new Set<string>();
    for (const field of fields as unknown[]) {
      const parsed = this.field(field, fullName);
      if (names.has(parsed.name)) throw new InvalidAvroSchema(`Duplicate field ${parsed.name} in record ${fullName}`);
      names.add(parsed.name);
      model.fields.push(parsed);
    }
    return model;
  }

  private field(json: unknown, recordName: string): FieldModel {
    if (!isJsonObject(json))
      throw new InvalidAvroSchema(`A field of record ${recordName} is not an object: ${JSON.stringify(json)}`);
    const name = requireName(json.name, `a field of record ${recordName}`);
    const where = `${recordName}.${name}`;
    if (json.type === undefined) throw new InvalidAvroSchema(`No type for field ${where}`);
    const type = this.parse(json.type, namespaceOf(recordName));
    const hasDefault = json.default !== undefined;
    if (hasDefault) this.defaults.push({ where, type, value: json.default });
    const aliases = stringList(json.aliases, `aliases of field ${where}`).map((alias) =>
      requireName(alias, `an alias of field ${where}`),
    );
    return { name, aliases, type, hasDefault };
  }

  private enumeration(json: JsonObject, enclosing: string): EnumModel {
    const fullName = declaredFullName(json, enclosing);
    const symbols = stringList(required(json, 'symbols'), `symbols of enum ${fullName}`);
    for (const symbol of symbols) requireName(symbol, `a symbol of enum ${fullName}`);
    if (new Set(symbols).size < symbols.length) throw new InvalidAvroSchema(`Duplicate symbol in enum ${fullName}`);
    const defaultSymbol = json.default;
    if (defaultSymbol !== undefined && !(typeof defaultSymbol === 'string' && symbols.includes(defaultSymbol))) {
      throw new InvalidAvroSchema(
        `The default ${JSON.stringify(defaultSymbol)} of enum ${fullName} is not one of its symbols`,
      );
    }
    return this.define({ kind: 'enum', fullName, aliases: this.typeAliases(json, fullName), symbols, defaultSymbol });
  }

  private fixed(json: JsonObject, enclosing: string): FixedModel {
    const fullName = declaredFullName(json, enclosing);
    const { size } = json;
    if (typeof size !== 'number' || !Number.isInteger(size) || size < 0) {
      throw new InvalidAvroSchema(`The size of fixed ${fullName} is not a whole number: ${JSON.stringify(size)}`);
    }
    return this.define({ kind: 'fixed', fullName, aliases: this.typeAliases(json, fullName), size });
  }

  private typeAliases(json: JsonObject, fullName: string): string[] {
    return stringList(json.aliases, `aliases of ${fullName}`).map((alias) => qualify(alias, namespaceOf(fullName)));
  }

  private define<T extends NamedModel>(model: T): T {
    if (isPrimitiveName(model.fullName))
      throw new InvalidAvroSchema(`${model.fullName} is the name of a primitive type`);
    if (this.named.has(model.fullName)) throw new InvalidAvroSchema(`Can't redefine: ${model.fullName}`);
    this.named.set(model.fullName, model);
    return model;
  }
}

function required(json: JsonObject, key: string): unknown {
  if (json[key] === undefined) throw new InvalidAvroSchema(`No ${key} in ${JSON.stringify(json)}`);
  return json[key];
}

function stringList(value: unknown, what: string): string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw new InvalidAvroSchema(`The ${what} are not a list of strings`);
}
