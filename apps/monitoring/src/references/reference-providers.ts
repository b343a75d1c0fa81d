import type { Provider } from '@nestjs/common';
import type { ClickHouseClient } from '@clickhouse/client';
import { openArtifactStore } from '#platform/artifacts';
import { ReferenceLog } from '#platform/clickhouse';
import { CLICKHOUSE } from '#platform/clickhouse-watch';
import type { ModelCatalog, PipelineCatalog } from '#platform/control';
import { HealthRegistry, LOG, MODEL_CATALOG, PIPELINE_CATALOG, SERVICE_CONFIG, StartUp } from '#platform/service';
import type { Log } from '#platform/telemetry';
import type { MonitoringConfig } from '../monitoring.config.js';
import { ReferenceLoader } from './reference-loader.js';

export const REFERENCE_PROVIDERS: readonly Provider[] = [
  {
    provide: ReferenceLoader,
    useFactory: (
      config: MonitoringConfig,
      models: ModelCatalog,
      pipelines: PipelineCatalog,
      client: ClickHouseClient,
      log: Log,
      startUp: StartUp,
      health: HealthRegistry,
    ) => {
      const loader = new ReferenceLoader({
        models,
        pipelines,
        artifacts: openArtifactStore(config.artifacts),
        logOf: (definition) => new ReferenceLog(client, definition),
        log,
        served: config.pipelines,
      });
      startUp.add({ name: 'what models were trained on', run: async () => loader.start() });
      health.remark('references', () => loader.remarks());
      return loader;
    },
    inject: [SERVICE_CONFIG, MODEL_CATALOG, PIPELINE_CATALOG, CLICKHOUSE, LOG, StartUp, HealthRegistry],
  },
];
