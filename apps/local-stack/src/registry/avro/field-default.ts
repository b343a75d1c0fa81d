import { isJsonObject } from './avro-names.js';
import type { AvroModel, RecordModel } from './avro-model.js';

const INT = { min: -(2 ** 31), max: 2 ** 31 - 1 };
/** JSON numbers beyond 2^53 have lost digits by the time they are parsed; the bounds of a long are as near as that allows. */
const LONG = { min: -(2 ** 63), max: 2 ** 63 };

/**
 * Why a JSON value cannot be the default of a field of this type; undefined when it can. The default of a union may be of
 * any of its branches (since Avro 1.12; before, of the first), bytes are written as text of code points up to 255.
 */
export function defaultProblem(type: AvroModel, value: unknown): string | undefined {
  if (fits(type, value)) return undefined;
  return `${JSON.stringify(value)} is not ${describe(type)}`;
}

function fits(type: AvroModel, value: unknown): boolean {
  switch (type.kind) {
    case 'null':
      return value === null;
    case 'boolean':
      return typeof value === 'boolean';
    case 'int':
      return Number.isInteger(value) && within(value as number, INT);
    case 'long':
      return Number.isInteger(value) && within(value as number, LONG);
    case 'float':
    case 'double':
      // Infinities and NaN have no JSON number; Java writes and reads them as text.
      return typeof value === 'number' || value === 'NaN' || value === 'Infinity' || value === '-Infinity';
    case 'string':
      return typeof value === 'string';
    case 'bytes':
      return typeof value === 'string' && isByteText(value);
    case 'fixed':
      return typeof value === 'string' && isByteText(value) && value.length === type.size;
    case 'enum':
      return typeof value === 'string' && type.symbols.includes(value);
    case 'array':
      return Array.isArray(value) && value.every((item) => fits(type.items, item));
    case 'map':
      return isJsonObject(value) && Object.values(value).every((item) => fits(type.values, item));
    case 'union':
      return type.branches.some((branch) => fits(branch, value));
    case 'record':
      return isJsonObject(value) && recordFits(type, value);
  }
}

function recordFits(record: RecordModel, value: Readonly<Record<string, unknown>>): boolean {
  return record.fields.every((field) =>
    value[field.name] === undefined ? field.hasDefault : fits(field.type, value[field.name]),
  );
}

function within(value: number, range: { min: number; max: number }): boolean {
  return value >= range.min && value <= range.max;
}

function isByteText(text: string): boolean {
  return [...text].every((character) => character.codePointAt(0)! <= 0xff);
}

function describe(type: AvroModel): string {
  if (type.kind === 'union') return `of the union [${type.branches.map(describe).join(', ')}]`;
  return 'fullName' in type ? `a ${type.kind} ${type.fullName}` : `a ${type.kind}`;
}
