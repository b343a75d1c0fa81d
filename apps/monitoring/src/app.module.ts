import { Module } from '@nestjs/common';
import { createClickHouse } from '#platform/clickhouse';
import { SERVICE_CONFIG } from '#platform/service';
import { CLICKHOUSE, ClickHouseWatch } from '#platform/clickhouse-watch';
import { LogOfRecord } from './log-of-record.js';
import type { MonitoringConfig } from './monitoring.config.js';
import { MonitoringConsumer } from './monitoring.consumer.js';
import { ALERT_DELIVERY, LOG_OF_RECORD, type AlertDelivery } from './ports.js';

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
    { provide: ALERT_DELIVERY, useValue: { deliver: () => Promise.resolve() } satisfies AlertDelivery },
  ],
})
export class AppModule {}
