import type { AvroField } from '#contracts';
import { canonicalJson } from './canonical-json.js';

/** One difference between two definitions. */
export interface DefinitionChange {
  /** Where, e.g. `features.hour_sin`. */
  readonly path: string;
  /** One sentence: what changes, what follows from it, and how to get there when it is refused. */
  readonly message: string;
  /** What was already written could no longer be read, or would mean something else. */
  readonly breaking: boolean;
}

/** @param path of the schema in the file */
export function diffFields(
  path: string,
  before: readonly AvroField[],
  after: readonly AvroField[],
): readonly DefinitionChange[] {
  const known = new Map(before.map((field) => [field.name, field]));
  const kept = new Set(after.map(({ name }) => name));
  const removed = before
    .filter(({ name }) => !kept.has(name))
    .map(({ name }) => change(`${path}.${name}`, 'the field is removed; what was written of it stays', false));
  const others = after.flatMap((field) => {
    const at = `${path}.${field.name}`;
    const old = known.get(field.name);
    if (old === undefined) return [addedField(at, field)];
    if (shapeOf(old.type) === shapeOf(field.type)) return [];
    const message = `the type changes from ${shapeOf(old.type)} to ${shapeOf(field.type)}; add a field of another name instead`;
    return [change(at, message, true)];
  });
  return [...removed, ...others];
}

function addedField(path: string, field: AvroField): DefinitionChange {
  if (field.default !== undefined) return change(path, 'the field is added; records without it get its default', false);
  const message =
    'the field is added without a default, so that what was written before could not be read; give it one, e.g. null';
  return change(path, message, true);
}

export function diffNamed(
  path: string,
  before: readonly { readonly name: string }[],
  after: readonly { readonly name: string }[],
): readonly DefinitionChange[] {
  const known = new Map(before.map((entry) => [entry.name, entry]));
  const kept = new Set(after.map(({ name }) => name));
  return [
    ...before.filter(({ name }) => !kept.has(name)).map(({ name }) => change(`${path}.${name}`, 'is removed', false)),
    ...after.flatMap((entry) => {
      const old = known.get(entry.name);
      if (old === undefined) return [change(`${path}.${entry.name}`, 'is added', false)];
      return canonicalJson(old) === canonicalJson(entry) ? [] : [change(`${path}.${entry.name}`, 'is changed', false)];
    }),
  ];
}

export function plain(
  path: string,
  before: unknown,
  after: unknown,
  consequence?: string,
  breaking = false,
): readonly DefinitionChange[] {
  if (before === after) return [];
  const message = `changes from ${show(before)} to ${show(after)}`;
  return [change(path, consequence === undefined ? message : `${message}; ${consequence}`, breaking)];
}

export function change(path: string, message: string, breaking: boolean): DefinitionChange {
  return { path, message, breaking };
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

export function ms(value: number): string {
  return `${value} ms`;
}

/** An Avro type without what only people read. */
export function shapeOf(type: unknown): string {
  return canonicalJson(withoutDocs(type));
}

function withoutDocs(type: unknown): unknown {
  if (Array.isArray(type)) return type.map(withoutDocs);
  if (typeof type !== 'object' || type === null) return type;
  return Object.fromEntries(
    Object.entries(type).flatMap(([key, value]) =>
      key === 'doc' || key === 'aliases' ? [] : [[key, withoutDocs(value)]],
    ),
  );
}
