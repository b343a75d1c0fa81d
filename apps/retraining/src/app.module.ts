import { Module, type DynamicModule } from '@nestjs/common';
import { createClickHouse } from '#platform/clickhouse';
import { CLICKHOUSE, ClickHouseWatch } from '#platform/clickhouse-watch';
import { PipelinesInForce } from '#platform/http-publishing';
import { SERVICE_CONFIG } from '#platform/service';
import { LifecycleController } from './door/lifecycle.controller.js';
import { LifecycleFollower } from './leadership/lifecycle-follower.js';
import { LoopMetrics } from './loop/loop-metrics.js';
import { LoopRunner } from './loop/loop-runner.js';
import type { RetrainingConfig } from './retraining.config.js';
import { PHASE_PROGRAM } from './runs/phase-program.js';

@Module({})
export class AppModule {
  /** @param phaseProgram what the process of a phase runs */
  static register(phaseProgram: URL): DynamicModule {
    return {
      module: AppModule,
      controllers: [LifecycleController],
      providers: [
        {
          provide: CLICKHOUSE,
          useFactory: (config: RetrainingConfig) => createClickHouse(config.clickhouseUrl),
          inject: [SERVICE_CONFIG],
        },
        ClickHouseWatch,
        PipelinesInForce,
        LoopMetrics,
        LifecycleFollower,
        LoopRunner,
        { provide: PHASE_PROGRAM, useValue: phaseProgram },
      ],
    };
  }
}
