import { loadConfig } from '#platform/config';
import { startTelemetry } from '#platform/telemetry';
import { validationConfig } from './validation.config.js';

const config = loadConfig(validationConfig);
// Before anything that makes an instrument is loaded.
const telemetry = startTelemetry({ service: 'validation' });
const { runService } = await import('#platform/service');
const { validationService } = await import('./validation.service-definition.js');

await runService({ ...validationService(config), telemetry });
