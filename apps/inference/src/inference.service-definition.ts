import type { ServiceDefinition } from '#platform/service';
import { AppModule } from './app.module.js';
import { speakOpenInferenceErrors } from './http/open-inference-errors.js';
import type { InferenceConfig } from './inference.config.js';

/** What the inference service is, apart from the process that runs it. */
export function inferenceService(config: InferenceConfig): ServiceDefinition<InferenceConfig> {
  return {
    name: 'inference',
    description:
      'Scores validated events with the champion model of their pipeline; answers the Open Inference Protocol (V2).',
    config,
    module: AppModule.register(config),
    models: true,
    bodyLimitBytes: config.maxBodyBytes,
    configure: (app) => speakOpenInferenceErrors(app.getHttpAdapter().getInstance()),
  };
}
