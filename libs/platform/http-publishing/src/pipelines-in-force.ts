import { Inject, Injectable } from '@nestjs/common';
import type { AppliedPipeline } from '#contracts';
import type { PipelineFilter } from '#platform/config';
import type { PipelineCatalog } from '#platform/control';
import { PIPELINE_CATALOG, Problem, SERVICE_CONFIG, StartUp } from '#platform/service';

/** The pipelines that a service serves over HTTP. */
@Injectable()
export class PipelinesInForce {
  constructor(
    @Inject(PIPELINE_CATALOG) private readonly catalog: PipelineCatalog,
    @Inject(SERVICE_CONFIG) private readonly config: { readonly pipelines: PipelineFilter },
    private readonly startUp: StartUp,
  ) {}

  /** By name. */
  list(): readonly AppliedPipeline[] {
    const { pipelines } = this.config;
    const named = this.catalog
      .list()
      .filter(({ definition }) => pipelines === 'all' || pipelines.includes(definition.name));
    return named.toSorted((a, b) => (a.definition.name < b.definition.name ? -1 : 1));
  }

  /** @throws Problem 404 when there is no such pipeline, 503 while the pipelines are not known yet */
  named(name: string): AppliedPipeline {
    const applied = this.list().find(({ definition }) => definition.name === name);
    if (applied === undefined) throw this.unknown(name);
    return applied;
  }

  private unknown(name: string): Problem {
    const [waiting] = this.startUp.check();
    if (waiting !== undefined) {
      return new Problem(503, 'not_ready', `The pipelines are not known yet: ${waiting}.`, { retryAfterSeconds: 5 });
    }
    const pipelines = this.list().map(({ definition }) => definition.name);
    const known = pipelines.length === 0 ? 'none is applied yet (eddyline apply)' : `known are ${pipelines.join(', ')}`;
    return new Problem(404, 'unknown_pipeline', `There is no pipeline "${name}"; ${known}.`, {
      extensions: { pipelines },
    });
  }
}
