import { Module } from '@nestjs/common';
import { openArtifactStore } from '#platform/artifacts';
import { AvroCodecs } from '#platform/avro';
import { createClickHouse } from '#platform/clickhouse';
import type { ModelCatalog } from '#platform/control';
import { explanationSources } from '#platform/explanation-sources';
import { PipelinesInForce } from '#platform/http-publishing';
import { HealthRegistry, LOG, MODEL_CATALOG, SERVICE_CONFIG } from '#platform/service';
import type { Log } from '#platform/telemetry';
import { ExplanationController } from './door/explanation.controller.js';
import { Explainers } from './explainers/explainers.js';
import type { ExplanationConfig } from './explanation.config.js';
import { ExplanationConsumer } from './explanation.consumer.js';
import { ExplanationMetrics } from './explanation-metrics.js';
import { LogOfPredictions } from './log-of-predictions.js';
import { EXPLAIN, EXPLANATION_CODECS, PREDICTIONS } from './ports.js';

@Module({
  controllers: [ExplanationConsumer, ExplanationController],
  providers: [
    ExplanationMetrics,
    PipelinesInForce,
    { provide: EXPLANATION_CODECS, useExisting: AvroCodecs },
    {
      provide: PREDICTIONS,
      useFactory: (config: ExplanationConfig) => new LogOfPredictions(createClickHouse(config.clickhouseUrl)),
      inject: [SERVICE_CONFIG],
    },
    {
      provide: EXPLAIN,
      useFactory: (config: ExplanationConfig, models: ModelCatalog, log: Log, health: HealthRegistry) => {
        const sources = explanationSources(openArtifactStore(config.artifacts));
        const explainers = new Explainers({ models, sources, log, most: config.maxExplainers });
        health.remark('explainers', () => explainers.remarks());
        return explainers;
      },
      inject: [SERVICE_CONFIG, MODEL_CATALOG, LOG, HealthRegistry],
    },
  ],
})
export class AppModule {}
