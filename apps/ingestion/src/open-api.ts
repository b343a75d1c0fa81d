import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { eventJsonSchema } from '#domain/json-events';
import type { OpenApiPatch } from '#platform/service';
import { AdmissionService } from './admission/admission.service.js';
import { MEDIA_TYPE } from './reading/read-request.js';

type Mutable = Record<string, unknown>;

/** Adds what the pipelines in force take: their names, and their event schemas as JSON Schema. */
export function describePipelines(app: NestFastifyApplication): OpenApiPatch {
  const admission = app.get(AdmissionService);
  return (document) => {
    const pipelines = admission.pipelines().map(({ definition }) => definition);
    const schemas = Object.fromEntries(
      pipelines.map(({ name, event }) => [schemaNameOf(name), eventJsonSchema(event.schema)]),
    );
    const event = pipelines.length === 0 ? {} : { anyOf: pipelines.map(({ name }) => referenceTo(name)) };
    const described = structuredClone(document);
    const operation = described.paths['/v1/pipelines/{pipeline}/events']?.post as unknown as Mutable | undefined;
    if (operation === undefined) return described;
    operation['requestBody'] = { required: true, content: contentOf(event) };
    const [parameter] = operation['parameters'] as { schema?: Mutable }[];
    if (parameter !== undefined && pipelines.length > 0) {
      parameter.schema = { type: 'string', enum: pipelines.map(({ name }) => name) };
    }
    described.components = { ...described.components, schemas: { ...described.components?.schemas, ...schemas } };
    return described;
  };
}

function contentOf(event: object): object {
  const cloudEvent = {
    type: 'object',
    required: ['specversion', 'id', 'source', 'type', 'data'],
    properties: {
      specversion: { const: '1.0' },
      id: { type: 'string' },
      source: { type: 'string', format: 'uri-reference' },
      type: { type: 'string' },
      time: { type: 'string', format: 'date-time' },
      data: event,
    },
  };
  return {
    [MEDIA_TYPE.json]: { schema: { anyOf: [event, { type: 'array', items: event }] } },
    [MEDIA_TYPE.ndjson[0]]: { schema: { type: 'string', description: 'One event as JSON per line' } },
    [MEDIA_TYPE.cloudEvent]: { schema: cloudEvent },
    [MEDIA_TYPE.cloudEventBatch]: { schema: { type: 'array', items: cloudEvent } },
  };
}

function schemaNameOf(pipeline: string): string {
  return `event-${pipeline}`;
}

function referenceTo(pipeline: string): object {
  return { $ref: `#/components/schemas/${schemaNameOf(pipeline)}` };
}
