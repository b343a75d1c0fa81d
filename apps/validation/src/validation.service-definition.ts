import type { ServiceDefinition } from '#platform/service';
import { AppModule } from './app.module.js';
import type { ValidationConfig } from './validation.config.js';

/** What the validation service is, apart from the process that runs it. */
export function validationService(config: ValidationConfig): ServiceDefinition<ValidationConfig> {
  return {
    name: 'validation',
    description: 'Passes on the events that meet the expectations of their pipeline, once; sets the others aside.',
    config,
    module: AppModule,
    // For the flags.
    models: true,
  };
}
