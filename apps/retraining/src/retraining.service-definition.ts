import type { ServiceDefinition } from '#platform/service';
import { AppModule } from './app.module.js';
import { describeLifecycles } from './door/open-api.js';
import type { RetrainingConfig } from './retraining.config.js';
import { BUILT_PHASE_PROGRAM } from './runs/phase-program.js';

/**
 * What the retraining service is, apart from the process that runs it.
 *
 * @param phaseProgram what the process of a phase runs
 */
export function retrainingService(
  config: RetrainingConfig,
  phaseProgram: URL = BUILT_PHASE_PROGRAM,
): ServiceDefinition<RetrainingConfig> {
  return {
    name: 'retraining',
    description: 'Looks after the loop of every pipeline: trains, gates, rolls out, rolls back.',
    config,
    module: AppModule.register(phaseProgram),
    models: true,
    openApi: describeLifecycles,
  };
}
