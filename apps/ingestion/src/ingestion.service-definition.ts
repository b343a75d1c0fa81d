import { addBodyParsers } from '#platform/http-publishing';
import type { ServiceDefinition } from '#platform/service';
import { AppModule } from './app.module.js';
import type { IngestionConfig } from './ingestion.config.js';
import { describePipelines } from './open-api.js';

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
