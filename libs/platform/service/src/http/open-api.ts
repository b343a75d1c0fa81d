import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { eddylineVersion } from '#platform/config';

/** Completes the document for each answer, e.g. with what the pipelines in force expect. */
export type OpenApiPatch = (document: OpenAPIObject) => OpenAPIObject;

export interface OpenApiOptions {
  readonly name: string;
  readonly description: string;
  readonly keysRequired: boolean;
  readonly patch?: OpenApiPatch;
}

/** `/openapi.json`, and `/docs` with the Swagger UI from the installed package: nothing is fetched from elsewhere. */
export function serveOpenApi(
  app: NestFastifyApplication,
  { name, description, keysRequired, patch }: OpenApiOptions,
): void {
  const builder = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle(`Eddyline ${name}`)
    .setDescription(description)
    .setVersion(eddylineVersion())
    .addServer('/');
  if (keysRequired) {
    builder
      .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key' }, 'bearer')
      .addSecurityRequirements('bearer');
  }
  const document = SwaggerModule.createDocument(app, builder.build());
  SwaggerModule.setup('docs', app, document, {
    jsonDocumentUrl: 'openapi.json',
    raw: ['json'],
    customSiteTitle: `Eddyline ${name}`,
    ...(patch === undefined
      ? {}
      : { patchDocumentOnRequest: (_request: unknown, _reply: unknown, original: OpenAPIObject) => patch(original) }),
  });
}
