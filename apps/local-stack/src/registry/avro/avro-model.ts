/** An Avro schema with its names resolved: a named type that is used in several places, or in itself, is one object. */
export type AvroModel = PrimitiveModel | RecordModel | EnumModel | FixedModel | ArrayModel | MapModel | UnionModel;

export type PrimitiveName = 'null' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'bytes' | 'string';

export interface PrimitiveModel {
  readonly kind: PrimitiveName;
}

interface Named {
  /** Full name: namespace, dot, name. */
  readonly fullName: string;
  /** Full names. */
  readonly aliases: readonly string[];
}

export interface FieldModel {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly type: AvroModel;
  readonly hasDefault: boolean;
}

export interface RecordModel extends Named {
  readonly kind: 'record';
  /** Filled while parsing, because a record may contain itself. */
  readonly fields: FieldModel[];
}

export interface EnumModel extends Named {
  readonly kind: 'enum';
  readonly symbols: readonly string[];
  /** What a reader takes for a symbol that it does not know. */
  readonly defaultSymbol: string | undefined;
}

export interface FixedModel extends Named {
  readonly kind: 'fixed';
  readonly size: number;
}

export interface ArrayModel {
  readonly kind: 'array';
  readonly items: AvroModel;
}

export interface MapModel {
  readonly kind: 'map';
  readonly values: AvroModel;
}

export interface UnionModel {
  readonly kind: 'union';
  readonly branches: readonly AvroModel[];
}

export type NamedModel = RecordModel | EnumModel | FixedModel;

const PRIMITIVES: readonly string[] = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'];

export function isPrimitiveName(text: string): text is PrimitiveName {
  return PRIMITIVES.includes(text);
}

export function isNamed(model: AvroModel): model is NamedModel {
  return model.kind === 'record' || model.kind === 'enum' || model.kind === 'fixed';
}

/** Name without its namespace: what schema resolution compares. */
export function simpleName(fullName: string): string {
  return fullName.slice(fullName.lastIndexOf('.') + 1);
}
