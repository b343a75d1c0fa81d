import { Module } from '@nestjs/common';
import { AvroCodecs } from '#platform/avro';
import { createClickHouse } from '#platform/clickhouse';
import { CLICKHOUSE, ClickHouseWatch } from '#platform/clickhouse-watch';
import { PipelinesInForce } from '#platform/http-publishing';
import { SERVICE_CONFIG } from '#platform/service';
import { LabelDoors } from './door/label-doors.js';
import { LabelsController } from './door/labels.controller.js';
import type { FeedbackConfig } from './feedback.config.js';
import { FeedbackConsumer } from './feedback.consumer.js';
import { FeedbackMetrics } from './feedback-metrics.js';
import { LogOfPredictions } from './log-of-predictions.js';
import { OUTCOME_CODECS, PREDICTIONS } from './ports.js';

@Module({
  controllers: [FeedbackConsumer, LabelsController],
  providers: [
    {
      provide: CLICKHOUSE,
      useFactory: (config: FeedbackConfig) => createClickHouse(config.clickhouseUrl),
      inject: [SERVICE_CONFIG],
    },
    ClickHouseWatch,
    FeedbackMetrics,
    LabelDoors,
    PipelinesInForce,
    { provide: PREDICTIONS, useClass: LogOfPredictions },
    { provide: OUTCOME_CODECS, useExisting: AvroCodecs },
  ],
})
export class AppModule {}
