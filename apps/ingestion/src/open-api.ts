import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { eventJsonSchema } from '#domain/json-events';
import { describeDoor } from '#platform/http-publishing';
import type { OpenApiPatch } from '#platform/service';
import { AdmissionService } from './admission/admission.service.js';

/** Adds what the pipelines in force take: their names, and their event schemas as JSON Schema. */
export function describePipelines(app: NestFastifyApplication): OpenApiPatch {
  const admission = app.get(AdmissionService);
  return describeDoor({
    subject: 'event',
    path: '/v1/pipelines/{pipeline}/events',
    schemas: () =>
      new Map(admission.pipelines().map(({ definition: { name, event } }) => [name, eventJsonSchema(event.schema)])),
  });
}
