import type { ServiceDefinition } from '#platform/service';
import { AppModule } from './app.module.js';
import type { MonitoringConfig } from './monitoring.config.js';

/** What the monitoring service is, apart from the process that runs it. */
export function monitoringService(config: MonitoringConfig): ServiceDefinition<MonitoringConfig> {
  return {
    name: 'monitoring',
    description: 'Writes predictions and refused events to the log of record in ClickHouse.',
    config,
    module: AppModule,
    models: true,
  };
}
