import type { AvroRecordSchema } from './avro.js';
import type { LabelDefinition } from './label-definition.js';
import type { MonitoringDefinition } from './monitoring-definition.js';
import type { ExplainDefinition, RolloutDefinition } from './rollout-definition.js';
import type { GatesDefinition, RetrainDefinition, TrainerDefinition } from './training-definition.js';

/** What an expectation does with an event that violates it. */
export type ViolationAction = 'quarantine' | 'flag' | 'impute';

/** Scalar values that an expectation may compare with or put in place of a bad one. */
export type Scalar = string | number | boolean;

interface ExpectationCommon {
  /** Unique within the pipeline; names the check in quarantine records and flags, e.g. `nsw_price.range`. */
  readonly name: string;
  readonly on: ViolationAction;
  /** The value written in place of the bad one; only with `on: impute`. */
  readonly imputeWith?: Scalar | null;
}

/** One check of an event. Bounds are inclusive; durations in milliseconds. */
export type Expectation = ExpectationCommon &
  (
    | { readonly kind: 'notNull'; readonly field: string }
    | { readonly kind: 'range'; readonly field: string; readonly min?: number; readonly max?: number }
    | { readonly kind: 'set'; readonly field: string; readonly values: readonly Scalar[] }
    | { readonly kind: 'pattern'; readonly field: string; readonly pattern: string }
    | { readonly kind: 'length'; readonly field: string; readonly min?: number; readonly max?: number }
    | { readonly kind: 'rule'; readonly expression: string }
    | {
        /** Event time against the partition's watermark (late) and against the record's Kafka timestamp (ahead). */
        readonly kind: 'timeliness';
        readonly field: string;
        readonly maxLatenessMs?: number;
        readonly maxAheadMs?: number;
      }
    | {
        /** |x − median| / (1.4826 · MAD) over the last `window` accepted values of the partition, once `minRows` are known. */
        readonly kind: 'outlier';
        readonly field: string;
        readonly method: 'mad';
        readonly threshold: number;
        readonly window: number;
        readonly minRows: number;
      }
  );

/** One model input, in the order in which the model takes them. */
export type Feature = { readonly name: string; readonly type: 'number' | 'string' } & (
  { readonly kind: 'field'; readonly field: string } | { readonly kind: 'cel'; readonly expression: string }
);

export type ModelTask = 'binary-classification' | 'multiclass-classification' | 'regression';

/** A pipeline file, read and resolved: everything that services, tables and topics of a pipeline follow from. JSON-safe. */
export interface PipelineDefinition {
  /** `[a-z][a-z0-9-]{0,62}`; prefixes the pipeline's topics. */
  readonly name: string;
  readonly description?: string;
  readonly event: {
    readonly schema: AvroRecordSchema;
    /** Field with the event's identity: a string or a long. */
    readonly id: string;
    /** Field whose value is the Kafka key. */
    readonly key: string;
    /** Field with the event time: `timestamp-millis`, `timestamp-micros` or an ISO 8601 string. */
    readonly time: string;
  };
  readonly expectations: readonly Expectation[];
  /** Events whose id was accepted less than this much event time ago are dropped; null: no deduplication. */
  readonly dedupeWindowMs: number | null;
  readonly features: readonly Feature[];
  readonly model: {
    readonly task: ModelTask;
    /** Positive decision at `score >= threshold`; binary classification only. */
    readonly threshold: number;
    /** Left out: gradient-boosted trees. */
    readonly trainer?: TrainerDefinition;
  };
  /** Left out: no labels come back. */
  readonly label?: LabelDefinition;
  /** Left out: nothing is monitored. */
  readonly monitoring?: MonitoringDefinition;
  /** Left out: new models come by hand only. */
  readonly retrain?: RetrainDefinition;
  /** Left out: what `model promote` says holds, and no gate asks. */
  readonly gates?: GatesDefinition;
  /** Left out: a promoted version serves at once. */
  readonly rollout?: RolloutDefinition;
  /** Left out: predictions are explained on demand only. */
  readonly explain?: ExplainDefinition;
  readonly topics: {
    readonly partitions: number;
    readonly replicationFactor: number;
    readonly retentionMs: number;
    /** Largest accepted record in bytes (`max.message.bytes` of `<p>.events`). */
    readonly maxMessageBytes: number;
  };
}

/** A definition in force, as published on `eddyline.pipelines`. */
export interface AppliedPipeline {
  readonly definition: PipelineDefinition;
  /** 1 for the first apply, then one more for each change. */
  readonly revision: number;
  /** Hash of the definition's canonical JSON, hex. */
  readonly sha256: string;
  /** ISO 8601. */
  readonly appliedAt: string;
  readonly appliedBy: string;
  /** Registry ids under which the values of the pipeline's topics are written. */
  readonly schemaIds: {
    readonly event: number;
    readonly prediction: number;
    /** Of a pipeline with labels. */
    readonly label?: number;
    readonly outcome?: number;
    /** Of a pipeline with monitors. */
    readonly alert?: number;
    /** Of a pipeline that explains its predictions. */
    readonly explanation?: number;
  };
}
