import { Module } from '@nestjs/common';
import { createClickHouse } from '#platform/clickhouse';
import { SERVICE_CONFIG } from '#platform/service';
import { CLICKHOUSE, ClickHouseWatch } from '#platform/clickhouse-watch';
import { ALERT_PROVIDERS } from './alerts/alert-providers.js';
import { LifecycleFollower } from './lifecycle/lifecycle-follower.js';
import { LogOfRecord } from './log-of-record.js';
import type { MonitoringConfig } from './monitoring.config.js';
import { MonitoringConsumer } from './monitoring.consumer.js';
import { MonitorRunner } from './monitors/monitor-runner.js';
import { LOG_OF_RECORD } from './ports.js';
import { REFERENCE_PROVIDERS } from './references/reference-providers.js';

@Module({
  controllers: [MonitoringConsumer],
  providers: [
    {
      provide: CLICKHOUSE,
      useFactory: (config: MonitoringConfig) => createClickHouse(config.clickhouseUrl),
      inject: [SERVICE_CONFIG],
    },
    ClickHouseWatch,
    { provide: LOG_OF_RECORD, useClass: LogOfRecord },
    ...REFERENCE_PROVIDERS,
    ...ALERT_PROVIDERS,
    MonitorRunner,
    LifecycleFollower,
  ],
})
export class AppModule {}
