import { Module } from '@nestjs/common';
import { AvroCodecs } from '#platform/avro';
import { createClickHouse } from '#platform/clickhouse';
import { CLICKHOUSE, ClickHouseWatch } from '#platform/clickhouse-watch';
import { SERVICE_CONFIG } from '#platform/service';
import type { FeedbackConfig } from './feedback.config.js';
import { FeedbackConsumer } from './feedback.consumer.js';
import { FeedbackMetrics } from './feedback-metrics.js';
import { LogOfPredictions } from './log-of-predictions.js';
import { OUTCOME_CODECS, PREDICTIONS } from './ports.js';

@Module({
  controllers: [FeedbackConsumer],
  providers: [
    {
      provide: CLICKHOUSE,
      useFactory: (config: FeedbackConfig) => createClickHouse(config.clickhouseUrl),
      inject: [SERVICE_CONFIG],
    },
    ClickHouseWatch,
    FeedbackMetrics,
    { provide: PREDICTIONS, useClass: LogOfPredictions },
    { provide: OUTCOME_CODECS, useExisting: AvroCodecs },
  ],
})
export class AppModule {}
