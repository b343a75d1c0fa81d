import { Injectable } from '@nestjs/common';
import type { AppliedPipeline } from '#contracts';
import { AvroCodecs } from '#platform/avro';
import { PipelinesInForce } from '#platform/http-publishing';
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
    private readonly inForce: PipelinesInForce,
    private readonly codecs: AvroCodecs,
  ) {}

  /** The pipelines whose events are taken here. */
  pipelines(): readonly AppliedPipeline[] {
    return this.inForce.list();
  }

  /** @throws Problem 404 when there is no such pipeline, 503 while the pipelines are not known yet */
  door(name: string): Door {
    const applied = this.inForce.named(name);
    let door = this.doors.get(applied);
    if (door === undefined) {
      const encode = this.codecs.encoderFor(applied.definition.event.schema, applied.schemaIds.event);
      door = { applied, admit: compileAdmission(applied, encode) };
      this.doors.set(applied, door);
    }
    return door;
  }
}
