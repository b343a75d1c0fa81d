import { Module, type DynamicModule } from '@nestjs/common';
import { openArtifactStore, type ArtifactStore } from '#platform/artifacts';
import { AvroCodecs } from '#platform/avro';
import type { ModelCatalog, PipelineCatalog } from '#platform/control';
import { HealthRegistry, LOG, MODEL_CATALOG, PIPELINE_CATALOG, StartUp } from '#platform/service';
import type { Log } from '#platform/telemetry';
import { OpenInferenceController } from './http/open-inference.controller.js';
import { ScoreController } from './http/score.controller.js';
import type { InferenceConfig } from './inference.config.js';
import { InferenceConsumer } from './inference.consumer.js';
import { ServedModels } from './models/served-models.js';
import { Doorway } from './scoring/doorway.js';
import { ScoringPrograms } from './scoring/scoring-program.js';

const ARTIFACTS = Symbol('inference.artifacts');

@Module({})
export class AppModule {
  static register(config: InferenceConfig): DynamicModule {
    return {
      module: AppModule,
      controllers: [InferenceConsumer, ScoreController, OpenInferenceController],
      providers: [
        Doorway,
        { provide: ARTIFACTS, useFactory: () => openArtifactStore(config.artifacts) },
        {
          provide: ScoringPrograms,
          useFactory: (codecs: AvroCodecs, models: ModelCatalog) => new ScoringPrograms(codecs, models),
          inject: [AvroCodecs, MODEL_CATALOG],
        },
        {
          provide: ServedModels,
          useFactory: (
            models: ModelCatalog,
            pipelines: PipelineCatalog,
            artifacts: ArtifactStore,
            log: Log,
            startUp: StartUp,
            health: HealthRegistry,
          ) => {
            const served = new ServedModels({ models, pipelines, artifacts, log, served: config.pipelines });
            startUp.add({ name: 'the models', run: async () => served.start() });
            health.register('models', () => served.problems());
            health.remark('models', () => served.remarks());
            return served;
          },
          inject: [MODEL_CATALOG, PIPELINE_CATALOG, ARTIFACTS, LOG, StartUp, HealthRegistry],
        },
      ],
    };
  }
}
