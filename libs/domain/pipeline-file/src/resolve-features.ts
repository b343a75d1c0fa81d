import type { Feature } from '#contracts';
import type { EventField } from '#domain/event-schema';
import { resolveExpression } from './resolve-expression.js';
import type { FeatureEntry } from './pipeline-file.schema.js';
import type { Resolution } from './resolution.js';
import type { Path } from './yaml-source.js';

/** Names that CEL, ClickHouse and Avro all take without quotes. */
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

const TYPE_OF_CEL: Readonly<Record<string, Feature['type']>> = {
  bool: 'number',
  int: 'number',
  uint: 'number',
  double: 'number',
  string: 'string',
  'google.protobuf.Timestamp': 'number',
};

export function resolveFeatures(
  entries: readonly (FeatureEntry | undefined)[],
  resolution: Resolution,
): readonly Feature[] {
  const names = new Map<string, number>();
  return entries.flatMap((entry, index) => {
    if (entry === undefined) return [];
    const path: Path = ['features', index];
    const feature =
      typeof entry === 'string' ? fieldFeature(entry, entry, path, resolution) : resolveEntry(entry, path, resolution);
    const name = typeof entry === 'string' ? entry : entry.name;
    const namePath = typeof entry === 'string' ? path : [...path, 'name'];
    if (!IDENTIFIER.test(name)) {
      resolution.fail(
        namePath,
        `"${name}" is no name for a feature; use letters, digits and underscores, no digit first, at most 63 characters`,
      );
    }
    const other = names.get(name);
    if (other !== undefined)
      resolution.fail(
        namePath,
        `the feature "${name}" is declared twice, first as features[${other}]; rename or remove one`,
      );
    names.set(name, other ?? index);
    return feature ? [feature] : [];
  });
}

function resolveEntry(entry: Exclude<FeatureEntry, string>, path: Path, resolution: Resolution): Feature | undefined {
  const { name, field, cel, type } = entry;
  if (field !== undefined && cel !== undefined) {
    resolution.fail([...path, 'cel'], 'a feature is a field or an expression; leave `field` or `cel` out');
    return undefined;
  }
  if (cel !== undefined) return expressionFeature(name, cel, type, path, resolution);
  if (type !== undefined)
    resolution.fail([...path, 'type'], "has no effect here; a field's type is known from the event's schema", {
      at: 'key',
    });
  return fieldFeature(name, field ?? name, field === undefined ? [...path, 'name'] : [...path, 'field'], resolution);
}

function fieldFeature(name: string, fieldName: string, path: Path, resolution: Resolution): Feature | undefined {
  const field = resolution.field(fieldName, path);
  if (!field) return undefined;
  const type = typeOf(field);
  if (!type) {
    resolution.fail(
      path,
      `"${field.name}" is ${field.typeName}, which no model takes; compute a number or a text from it with \`cel\``,
    );
    return undefined;
  }
  return { kind: 'field', name, type, field: fieldName };
}

function typeOf({ kind }: EventField): Feature['type'] | undefined {
  switch (kind) {
    case 'boolean':
    case 'integer':
    case 'number':
    case 'timestamp':
      return 'number';
    case 'string':
    case 'enum':
      return 'string';
    default:
      return undefined;
  }
}

function expressionFeature(
  name: string,
  expression: string,
  declared: Feature['type'] | undefined,
  path: Path,
  resolution: Resolution,
): Feature | undefined {
  const compiled = resolveExpression(expression, [...path, 'cel'], resolution);
  if (!compiled) return undefined;
  const known = TYPE_OF_CEL[compiled.type];
  const type = known ?? declared;
  if (type === undefined) {
    const cure =
      compiled.type === 'dyn'
        ? "its type can't be known beforehand; add `type: number` or `type: string`"
        : `it gives ${compiled.type}; a feature is a number or a text`;
    resolution.fail([...path, 'cel'], cure);
    return undefined;
  }
  if (known !== undefined && declared !== undefined && known !== declared) {
    resolution.fail([...path, 'type'], `the expression gives a ${known}; leave \`type\` out`);
  }
  return { kind: 'cel', name, type, expression };
}
