import { loadConfig } from '#platform/config';
import { startTelemetry } from '#platform/telemetry';
import { retrainingConfig } from './retraining.config.js';

const config = loadConfig(retrainingConfig);
// Before anything that makes an instrument is loaded.
const telemetry = startTelemetry({ service: 'retraining' });
const { runService } = await import('#platform/service');
const { retrainingService } = await import('./retraining.service-definition.js');

await runService({ ...retrainingService(config), telemetry });
