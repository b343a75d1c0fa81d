import { loadConfig } from '#platform/config';
import { startTelemetry } from '#platform/telemetry';
import { inferenceConfig } from './inference.config.js';

const config = loadConfig(inferenceConfig);
// Before anything that makes an instrument is loaded.
const telemetry = startTelemetry({ service: 'inference' });
const { runService } = await import('#platform/service');
const { inferenceService } = await import('./inference.service-definition.js');

await runService({ ...inferenceService(config), telemetry });
