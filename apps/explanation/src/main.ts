import { loadConfig } from '#platform/config';
import { startTelemetry } from '#platform/telemetry';
import { explanationConfig } from './explanation.config.js';

const config = loadConfig(explanationConfig);
// Before anything that makes an instrument is loaded.
const telemetry = startTelemetry({ service: 'explanation' });
const { runService } = await import('#platform/service');
const { explanationService } = await import('./explanation.service-definition.js');

await runService({ ...explanationService(config), telemetry });
