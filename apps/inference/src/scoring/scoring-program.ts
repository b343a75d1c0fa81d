import { predictionSchemaOf, type AppliedPipeline, type PipelineFlag, type PredictionRecord } from '#contracts';
import { compileIdentity, type EventIdentity } from '#domain/event-schema';
import { compileExpectations, type Expectations } from '#domain/expectations';
import { compileFeatures, type FeatureFunction, type FeatureValue } from '#domain/features';
import { compileJsonEvent, type JsonEventResult } from '#domain/json-events';
import { compileSwitches, compileThreshold } from '#domain/switches';
import type { AvroCodecs } from '#platform/avro';
import type { ModelCatalog } from '#platform/control';

type Event = Readonly<Record<string, unknown>>;

/** A pipeline definition in force, compiled into what scoring needs of it, with the flags that are set. */
export interface ScoringProgram {
  readonly pipeline: AppliedPipeline;
  readonly featureNames: readonly string[];
  /** Features that are switched off are not computed, but missing. */
  readonly computeFeatures: FeatureFunction;
  /** Features that were given, without those that are switched off. */
  readonly withhold: (row: readonly FeatureValue[], key: string) => readonly FeatureValue[];
  readonly thresholdFor: (key: string) => number;
  readonly identity: EventIdentity;
  readonly encode: (record: PredictionRecord) => Buffer;
  /** For events that come by HTTP; those of the stream have been through validation. */
  readonly door: {
    readonly checkEvent: Expectations['checkEvent'];
    readonly eventFrom: (json: unknown) => JsonEventResult;
  };
}

/** Compiles each definition once, and again when its flags change. */
export class ScoringPrograms {
  private readonly programs = new WeakMap<AppliedPipeline, Compiled>();

  constructor(
    private readonly codecs: Pick<AvroCodecs, 'encoderFor'>,
    private readonly models: Pick<ModelCatalog, 'flags'>,
  ) {}

  of(pipeline: AppliedPipeline): ScoringProgram {
    const flags = this.models.flags(pipeline.definition.name);
    const known = this.programs.get(pipeline);
    if (known !== undefined && (known.flags === flags || known.flags.length + flags.length === 0)) return known.program;
    const { definition, schemaIds } = pipeline;
    const program: ScoringProgram = {
      pipeline,
      ...compileSwitched(pipeline, flags),
      featureNames: definition.features.map(({ name }) => name),
      identity: compileIdentity(definition.event),
      encode: this.codecs.encoderFor(predictionSchemaOf(definition), schemaIds.prediction),
    };
    this.programs.set(pipeline, { program, flags });
    return program;
  }
}

interface Compiled {
  readonly program: ScoringProgram;
  readonly flags: readonly PipelineFlag[];
}

/** What flags have a say in. */
function compileSwitched(
  { definition }: AppliedPipeline,
  flags: readonly PipelineFlag[],
): Pick<ScoringProgram, 'computeFeatures' | 'withhold' | 'thresholdFor' | 'door'> {
  const { event, features, expectations, model } = definition;
  const { keyOf } = compileIdentity(event);
  const names = features.map(({ name }) => name);
  const rules = expectations.map(({ name }) => name);
  const featuresOf = compileSwitches<Event, FeatureFunction>(flags, 'feature', names, keyOf, (off) =>
    compileFeatures(definition, off),
  );
  const expectationsOf = compileSwitches<Event, Expectations>(flags, 'rule', rules, keyOf, (off) =>
    compileExpectations(definition, off),
  );
  const offOf = compileSwitches(flags, 'feature', names, (key: string) => key, (off) => off); // prettier-ignore
  return {
    computeFeatures: (it) => featuresOf(it)(it),
    withhold(row, key) {
      const off = offOf(key);
      return off.size === 0 ? row : row.map((value, index) => (off.has(names[index]!) ? null : value));
    },
    thresholdFor: compileThreshold(flags, model.threshold),
    door: {
      checkEvent: (it) => expectationsOf(it).checkEvent(it),
      eventFrom: compileJsonEvent(event.schema, {
        bytesFrom: ({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength),
      }),
    },
  };
}
