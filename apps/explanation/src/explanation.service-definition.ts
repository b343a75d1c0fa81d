import type { ServiceDefinition } from '#platform/service';
import { AppModule } from './app.module.js';
import type { ExplanationConfig } from './explanation.config.js';

/** What the explanation service is, apart from the process that runs it. */
export function explanationService(config: ExplanationConfig): ServiceDefinition<ExplanationConfig> {
  return {
    name: 'explanation',
    description:
      'Says of predictions what each feature contributed: of those that the pipeline file chooses, and on demand.',
    config,
    module: AppModule,
    models: true,
  };
}
