import { Controller, Get, Inject, Param } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { LifecycleState, Serving } from '#contracts';
import { NO_LIFECYCLE, NOT_SERVING } from '#domain/rollout';
import type { ModelCatalog } from '#platform/control';
import { PipelinesInForce } from '#platform/http-publishing';
import { MODEL_CATALOG } from '#platform/service';
import { LoopRunner } from '../loop/loop-runner.js';
import type { PhaseProgress } from '../runs/phase-messages.js';

/** Where the loop of a pipeline stands. */
export interface LifecycleAnswer {
  readonly pipeline: string;
  readonly serving: Serving;
  readonly state: LifecycleState;
  /** Whether this instance looks after the loop; what it says of progress only the one that does so knows. */
  readonly here: boolean;
  readonly progress: PhaseProgress | null;
  /** What keeps the loop from going on; null: nothing. */
  readonly waitsFor: string | null;
}

@ApiTags('lifecycle')
@Controller('v1/pipelines')
export class LifecycleController {
  constructor(
    private readonly inForce: PipelinesInForce,
    private readonly runner: LoopRunner,
    @Inject(MODEL_CATALOG) private readonly models: ModelCatalog,
  ) {}

  @Get(':pipeline/lifecycle')
  @ApiOperation({
    summary: 'Where the loop of a pipeline stands',
    description:
      'Who serves, the training run and the rollout that are under way, and how far the phase of the run is. ' +
      'Any instance answers; `progress` is known to the one that looks after the pipeline (`here`).',
  })
  @ApiParam({ name: 'pipeline', schema: { type: 'string' } })
  @ApiResponse({ status: 200, description: 'As the registry has it' })
  @ApiResponse({ status: 401, description: 'No known API key' })
  @ApiResponse({ status: 404, description: 'No such pipeline; `pipelines` names those there are' })
  @ApiResponse({ status: 503, description: 'The pipelines are not known yet; come again after `Retry-After`' })
  read(@Param('pipeline') name: string): LifecycleAnswer {
    this.inForce.named(name);
    const status = this.runner.statusOf(name);
    if (status !== undefined) return { pipeline: name, here: true, ...status };
    return {
      pipeline: name,
      serving: this.models.serving(name) ?? NOT_SERVING(name),
      state: this.models.lifecycle(name) ?? NO_LIFECYCLE(name),
      here: false,
      progress: null,
      waitsFor: null,
    };
  }
}
