import { loadConfig } from '#platform/config';
import { startTelemetry } from '#platform/telemetry';
import { monitoringConfig } from './monitoring.config.js';

const config = loadConfig(monitoringConfig);
// Before anything that makes an instrument is loaded.
const telemetry = startTelemetry({ service: 'monitoring' });
const { runService } = await import('#platform/service');
const { monitoringService } = await import('./monitoring.service-definition.js');

await runService({ ...monitoringService(config), telemetry });
