import { Injectable } from '@nestjs/common';
import type { AppliedPipeline, LabelDefinition } from '#contracts';
import { AvroCodecs } from '#platform/avro';
import { PipelinesInForce } from '#platform/http-publishing';
import { Problem } from '#platform/service';
import { compileLabelAdmission, type AdmitLabel } from './compile-label-admission.js';

/** A pipeline in force, with what the door does to its labels. */
export interface LabelDoor {
  readonly applied: AppliedPipeline;
  readonly admit: AdmitLabel;
}

/** The doors of the pipelines that take labels; a changed definition gets a new one with its next label. */
@Injectable()
export class LabelDoors {
  private readonly doors = new WeakMap<AppliedPipeline, LabelDoor>();

  constructor(
    private readonly inForce: PipelinesInForce,
    private readonly codecs: AvroCodecs,
  ) {}

  /** Schemas of what is taken, by pipeline. */
  labels(): ReadonlyMap<string, LabelDefinition> {
    return new Map(
      this.inForce
        .list()
        .flatMap(({ definition: { name, label } }) => (label === undefined ? [] : [[name, label] as const])),
    );
  }

  /** @throws Problem 404 when there is no such pipeline or it has no labels, 503 while the pipelines are not known yet */
  door(name: string): LabelDoor {
    const applied = this.inForce.named(name);
    let door = this.doors.get(applied);
    if (door === undefined) {
      const { definition, schemaIds } = applied;
      if (definition.label === undefined || schemaIds.label === undefined) throw this.unlabelled(name);
      const encode = this.codecs.encoderFor(definition.label.schema, schemaIds.label);
      door = { applied, admit: compileLabelAdmission(applied, definition.label, encode) };
      this.doors.set(applied, door);
    }
    return door;
  }

  private unlabelled(name: string): Problem {
    const pipelines = [...this.labels().keys()];
    const detail = `The pipeline "${name}" has no labels: its file declares none (label: …).`;
    return new Problem(404, 'no_labels', detail, { extensions: { pipelines } });
  }
}
