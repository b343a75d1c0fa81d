import { Inject, Injectable } from '@nestjs/common';
import type { AppliedPipeline } from '#contracts';
import { AvroCodecs } from '#platform/avro';
import type { PipelineFilter } from '#platform/config';
import type { PipelineCatalog } from '#platform/control';
import { PIPELINE_CATALOG, Problem, SERVICE_CONFIG, StartUp } from '#platform/service';
import { compileAdmission, type Admit } from './compile-admission.js';

/** A pipeline in force, with what the door does to its events. */
export interface Door {
  readonly applied: AppliedPipeline;
  readonly admit: Admit;
}

/** The doors of the pipelines in force; a changed definition gets a new one with its next event. */
@Injectable()
export class AdmissionService {
  private readonly doors = new WeakMap<AppliedPipeline, Door>();

  constructor(
    @Inject(PIPELINE_CATALOG) private readonly catalog: PipelineCatalog,
    @Inject(SERVICE_CONFIG) private readonly config: { readonly pipelines: PipelineFilter },
    private readonly codecs: AvroCodecs,
    private readonly startUp: StartUp,
  ) {}

  /** Names of the pipelines whose events are taken here. */
  pipelines(): readonly AppliedPipeline[] {
    const { pipelines } = this.config;
    const named = this.catalog
      .list()
      .filter(({ definition }) => pipelines === 'all' || pipelines.includes(definition.name));
    return named.toSorted((a, b) => (a.definition.name < b.definition.name ? -1 : 1));
  }

  /** @throws Problem 404 when there is no such pipeline, 503 while the pipelines are not known yet */
  door(name: string): Door {
    const applied = this.pipelines().find(({ definition }) => definition.name === name);
    if (applied === undefined) throw this.unknown(name);
    let door = this.doors.get(applied);
    if (door === undefined) {
      const encode = this.codecs.encoderFor(applied.definition.event.schema, applied.schemaIds.event);
      door = { applied, admit: compileAdmission(applied, encode) };
      this.doors.set(applied, door);
    }
    return door;
  }

  private unknown(name: string): Problem {
    const [waiting] = this.startUp.check();
    if (waiting !== undefined) {
      return new Problem(503, 'not_ready', `The pipelines are not known yet: ${waiting}.`, { retryAfterSeconds: 5 });
    }
    const pipelines = this.pipelines().map(({ definition }) => definition.name);
    const known = pipelines.length === 0 ? 'none is applied yet (eddyline apply)' : `known are ${pipelines.join(', ')}`;
    return new Problem(404, 'unknown_pipeline', `There is no pipeline "${name}"; ${known}.`, {
      extensions: { pipelines },
    });
  }
}
