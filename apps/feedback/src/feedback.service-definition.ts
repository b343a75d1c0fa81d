import { addBodyParsers } from '#platform/http-publishing';
import type { ServiceDefinition } from '#platform/service';
import { AppModule } from './app.module.js';
import { describeLabels } from './door/open-api.js';
import type { FeedbackConfig } from './feedback.config.js';

/** What the feedback service is, apart from the process that runs it. */
export function feedbackService(config: FeedbackConfig): ServiceDefinition<FeedbackConfig> {
  return {
    name: 'feedback',
    description: 'Brings labels together with the predictions that they are about; takes labels over HTTP.',
    config,
    module: AppModule,
    bodyLimitBytes: config.maxBodyBytes,
    configure: addBodyParsers,
    openApi: describeLabels,
  };
}
