import { loadConfig } from '#platform/config';
import { startTelemetry } from '#platform/telemetry';
import { ingestionConfig } from './ingestion.config.js';

const config = loadConfig(ingestionConfig);
// Before anything that makes an instrument is loaded.
const telemetry = startTelemetry({ service: 'ingestion' });
const { runService } = await import('#platform/service');
const { ingestionService } = await import('./ingestion.service-definition.js');

await runService({ ...ingestionService(config), telemetry });
