import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { addJsonParser, type ServiceDefinition } from '#platform/service';
import { AppModule } from './app.module.js';
import type { IngestionConfig } from './ingestion.config.js';
import { describePipelines } from './open-api.js';
import { MEDIA_TYPE } from './reading/read-request.js';

/** What the ingestion service is, apart from the process that runs it. */
export function ingestionService(config: IngestionConfig): ServiceDefinition<IngestionConfig> {
  return {
    name: 'ingestion',
    description: 'Takes events over HTTP and publishes them on the topics of their pipelines.',
    config,
    module: AppModule,
    bodyLimitBytes: config.maxBodyBytes,
    configure: addBodyParsers,
    openApi: describePipelines,
  };
}

function addBodyParsers(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  addJsonParser(fastify, [MEDIA_TYPE.cloudEvent, MEDIA_TYPE.cloudEventBatch]);
  // NDJSON is read line by line as it comes.
  fastify.addContentTypeParser([...MEDIA_TYPE.ndjson], (_request, body, done) => done(null, body));
}
