import type { PipelineDefinition } from '#contracts';
import type { EventField, EventFieldKind } from '#domain/event-schema';
import type { PipelineFile } from './pipeline-file.schema.js';
import type { Resolution } from './resolution.js';

type Role = 'id' | 'key' | 'time';

const KINDS: Readonly<Record<Role, readonly EventFieldKind[]>> = {
  id: ['string', 'integer'],
  key: ['string', 'integer', 'enum', 'boolean'],
  time: ['timestamp', 'string'],
};

const EXPECTED: Readonly<Record<Role, string>> = {
  id: 'a string, an int or a long',
  key: 'a string, an int, a long, an enum or a boolean',
  time: 'a long with logicalType timestamp-millis or timestamp-micros, or an ISO 8601 string',
};

export function resolveEvent(file: PipelineFile['event'], resolution: Resolution): PipelineDefinition['event'] {
  for (const role of ['id', 'key', 'time'] as const) {
    const field = resolution.field(file[role], ['event', role]);
    const problem = field && problemOf(field, role);
    if (problem !== undefined) resolution.fail(['event', role], problem);
  }
  return { schema: resolution.schema, id: file.id, key: file.key, time: file.time };
}

function problemOf(field: EventField, role: Role): string | undefined {
  if (!KINDS[role].includes(field.kind)) {
    return `the event's ${role} must be ${EXPECTED[role]}; "${field.name}" is ${field.typeName}`;
  }
  if (field.nullable) return `the event's ${role} may never be null; "${field.name}" is ${field.typeName}`;
  return undefined;
}
