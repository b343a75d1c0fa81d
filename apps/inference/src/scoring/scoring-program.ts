import { predictionSchemaOf, type AppliedPipeline, type PredictionRecord } from '#contracts';
import { compileIdentity, type EventIdentity } from '#domain/event-schema';
import { compileExpectations, type Expectations } from '#domain/expectations';
import { compileFeatures, type FeatureFunction } from '#domain/features';
import { compileJsonEvent, type JsonEventResult } from '#domain/json-events';
import type { AvroCodecs } from '#platform/avro';

/** A pipeline definition in force, compiled into what scoring needs of it. */
export interface ScoringProgram {
  readonly pipeline: AppliedPipeline;
  readonly featureNames: readonly string[];
  readonly computeFeatures: FeatureFunction;
  readonly identity: EventIdentity;
  readonly encode: (record: PredictionRecord) => Buffer;
  /** For events that come by HTTP; those of the stream have been through validation. */
  readonly door: {
    readonly expectations: Expectations;
    readonly eventFrom: (json: unknown) => JsonEventResult;
  };
}

/** Compiles each definition once. */
export class ScoringPrograms {
  private readonly programs = new WeakMap<AppliedPipeline, ScoringProgram>();

  constructor(private readonly codecs: Pick<AvroCodecs, 'encoderFor'>) {}

  of(pipeline: AppliedPipeline): ScoringProgram {
    const known = this.programs.get(pipeline);
    if (known !== undefined) return known;
    const { definition, schemaIds } = pipeline;
    const program: ScoringProgram = {
      pipeline,
      featureNames: definition.features.map(({ name }) => name),
      computeFeatures: compileFeatures(definition),
      identity: compileIdentity(definition.event),
      encode: this.codecs.encoderFor(predictionSchemaOf(definition), schemaIds.prediction),
      door: {
        expectations: compileExpectations(definition),
        eventFrom: compileJsonEvent(definition.event.schema, {
          bytesFrom: ({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength),
        }),
      },
    };
    this.programs.set(pipeline, program);
    return program;
  }
}
