import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { PipelinesInForce } from '#platform/http-publishing';
import type { OpenApiPatch } from '#platform/service';

/** Adds the names of the pipelines in force. */
export function describeLifecycles(app: NestFastifyApplication): OpenApiPatch {
  const inForce = app.get(PipelinesInForce);
  return (document) => {
    const described = structuredClone(document);
    const names = inForce.list().map(({ definition }) => definition.name);
    const operation = described.paths['/v1/pipelines/{pipeline}/lifecycle']?.get;
    const [parameter] = (operation?.parameters ?? []) as { schema?: Record<string, unknown> }[];
    if (parameter !== undefined && names.length > 0) parameter.schema = { type: 'string', enum: names };
    return described;
  };
}
