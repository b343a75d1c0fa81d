import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { eventJsonSchema } from '#domain/json-events';
import { describeDoor } from '#platform/http-publishing';
import type { OpenApiPatch } from '#platform/service';
import { LabelDoors } from './label-doors.js';

/** Adds what the pipelines in force take: their names, and their label schemas as JSON Schema. */
export function describeLabels(app: NestFastifyApplication): OpenApiPatch {
  const doors = app.get(LabelDoors);
  return describeDoor({
    subject: 'label',
    path: '/v1/pipelines/{pipeline}/labels',
    schemas: () => new Map([...doors.labels()].map(([name, { schema }]) => [name, eventJsonSchema(schema)])),
  });
}
