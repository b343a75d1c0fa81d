import { isCompatibilityLevel, type CompatibilityLevel } from './compatibility-level.js';

/** What happened, as a record of `_schemas` says it. */
export type SchemasEvent =
  | {
      readonly kind: 'version-written';
      readonly subject: string;
      readonly version: number;
      readonly id: number;
      readonly schema: string;
      /** Soft-deleted: hidden, but its id still resolves. */
      readonly deleted: boolean;
    }
  | { readonly kind: 'version-erased'; readonly subject: string; readonly version: number }
  | { readonly kind: 'subject-deleted'; readonly subject: string; readonly upToVersion: number }
  /** `subject` null: the registry's own; `level` undefined: removed. */
  | { readonly kind: 'level-set'; readonly subject: string | null; readonly level: CompatibilityLevel | undefined };

export interface SchemasRecord {
  readonly key: string;
  readonly value: string | null;
}

/** Key and value with the fields, and the order of fields, that Confluent's registry writes: either can read the other's topic. */
export function recordOf(event: SchemasEvent): SchemasRecord {
  switch (event.kind) {
    case 'version-written': {
      const { subject, version, id, schema, deleted } = event;
      return { key: schemaKey(subject, version), value: JSON.stringify({ subject, version, id, schema, deleted }) };
    }
    case 'version-erased':
      return { key: schemaKey(event.subject, event.version), value: null };
    case 'subject-deleted':
      return {
        key: JSON.stringify({ keytype: 'DELETE_SUBJECT', subject: event.subject, magic: 0 }),
        value: JSON.stringify({ subject: event.subject, version: event.upToVersion }),
      };
    case 'level-set':
      return {
        key: JSON.stringify({ keytype: 'CONFIG', subject: event.subject, magic: 0 }),
        value: event.level === undefined ? null : JSON.stringify({ compatibilityLevel: event.level }),
      };
  }
}

/** The event of a record; undefined for those that change nothing here (NOOP, MODE, and kinds of newer registries). */
export function eventOf(record: SchemasRecord): SchemasEvent | undefined {
  const key = parseObject(record.key);
  const value = record.value === null ? undefined : parseObject(record.value);
  const subject = typeof key?.subject === 'string' ? key.subject : null;
  switch (key?.keytype) {
    case 'SCHEMA':
      return subject === null ? undefined : schemaEvent(subject, Number(key.version), value);
    case 'DELETE_SUBJECT':
      if (subject === null || value === undefined) return undefined;
      return { kind: 'subject-deleted', subject, upToVersion: Number(value.version) };
    case 'CONFIG': {
      const level = value?.compatibilityLevel;
      return { kind: 'level-set', subject, level: isCompatibilityLevel(level) ? level : undefined };
    }
    default:
      return undefined;
  }
}

function schemaEvent(
  subject: string,
  version: number,
  value: Record<string, unknown> | undefined,
): SchemasEvent | undefined {
  if (value === undefined) return { kind: 'version-erased', subject, version };
  const isAvro = value.schemaType === undefined || value.schemaType === 'AVRO';
  if (!isAvro || typeof value.schema !== 'string') return undefined;
  const deleted = value.deleted === true;
  return { kind: 'version-written', subject, version, id: Number(value.id), schema: value.schema, deleted };
}

function schemaKey(subject: string, version: number): string {
  return JSON.stringify({ keytype: 'SCHEMA', subject, version, magic: 1 });
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
