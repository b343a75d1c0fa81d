import { loadConfig } from '#platform/config';
import { startTelemetry } from '#platform/telemetry';
import { feedbackConfig } from './feedback.config.js';

const config = loadConfig(feedbackConfig);
// Before anything that makes an instrument is loaded.
const telemetry = startTelemetry({ service: 'feedback' });
const { runService } = await import('#platform/service');
const { feedbackService } = await import('./feedback.service-definition.js');

await runService({ ...feedbackService(config), telemetry });
