import type { AvroField, AvroRecordSchema, AvroSchema } from './avro.js';
import type { PipelineDefinition } from './pipeline-definition.js';

export type PredictionRole = 'champion' | 'canary' | 'challenger' | 'shadow';
/** The door through which the event came. */
export type PredictionSource = 'stream' | 'score' | 'infer';

/** Flag of an event that a challenger should have scored and did not: the champion served it, whatever the routing said. */
export const CHALLENGER_FAILED = 'challenger_failed';

/** Everything needed to reproduce a prediction; the value on `<p>.predictions`. Times in ms since epoch. */
export interface PredictionRecord {
  readonly event_id: string;
  readonly event_key: string;
  readonly event_time: number;
  readonly model: string;
  readonly model_version: string;
  readonly model_sha256: string;
  readonly role: PredictionRole;
  /**
   * Probability with which routing chose what served this key, in (0, 1]; the same on both records of an event that two models
   * scored. 1 where nothing was chosen: no challenger, one in the shadow, or one that failed on the event.
   */
  readonly propensity: number;
  /** Features as served; null: missing. */
  readonly features: Readonly<Record<string, number | string | null>>;
  /** Names of expectations violated with `flag` or `impute`; CHALLENGER_FAILED. */
  readonly flags: readonly string[];
  /** Binary: P(positive). Regression: the value. Multiclass: the largest class probability. */
  readonly score: number;
  /** One per class for multiclass models, else empty. */
  readonly class_scores: readonly number[];
  /** Binary: `positive` or `negative`. Multiclass: the class index. Regression: empty. */
  readonly decision: string;
  readonly threshold: number;
  readonly reasons: readonly { readonly feature: string; readonly contribution: number }[];
  readonly predicted_at: number;
  /** How long the model took for the batch that it was scored in, ms. */
  readonly scoring_ms: number;
  /** 32 hex digits, or empty when the event was not sampled. */
  readonly trace_id: string;
  readonly source: PredictionSource;
  /** Position of the scored record on `<p>.validated`; empty topic and -1 for HTTP. */
  readonly input_topic: string;
  readonly input_partition: number;
  readonly input_offset: number;
  /** Revision of the pipeline definition that was in force. */
  readonly pipeline_revision: number;
  /** The event as validated; null where only features were given (V2 inference protocol). */
  readonly event: Readonly<Record<string, unknown>> | null;
}

const string = (name: string): AvroField => ({ name, type: 'string' });
const optional = (type: AvroSchema): AvroSchema => ['null', type];
const timestamp: AvroSchema = { type: 'long', logicalType: 'timestamp-millis' };

/** Schema of `<p>.predictions`: one typed field per feature, and the event's own record inside. */
export function predictionSchemaOf(
  definition: Pick<PipelineDefinition, 'name' | 'features' | 'event'>,
): AvroRecordSchema {
  const namespace = `eddyline.${definition.name.replaceAll('-', '_')}`;
  return {
    type: 'record',
    name: 'Prediction',
    namespace,
    fields: [
      string('event_id'),
      string('event_key'),
      { name: 'event_time', type: timestamp },
      string('model'),
      string('model_version'),
      string('model_sha256'),
      string('role'),
      { name: 'propensity', type: 'double' },
      {
        name: 'features',
        type: {
          type: 'record',
          name: 'Features',
          namespace,
          fields: definition.features.map(({ name, type }) => ({
            name,
            type: optional(type === 'number' ? 'double' : 'string'),
            default: null,
          })),
        },
      },
      { name: 'flags', type: { type: 'array', items: 'string' } },
      { name: 'score', type: 'double' },
      { name: 'class_scores', type: { type: 'array', items: 'double' } },
      string('decision'),
      { name: 'threshold', type: 'double' },
      {
        name: 'reasons',
        type: {
          type: 'array',
          items: {
            type: 'record',
            name: 'Reason',
            namespace,
            fields: [string('feature'), { name: 'contribution', type: 'double' }],
          },
        },
      },
      { name: 'predicted_at', type: timestamp },
      { name: 'scoring_ms', type: 'double', default: 0 },
      string('trace_id'),
      string('source'),
      string('input_topic'),
      { name: 'input_partition', type: 'int' },
      { name: 'input_offset', type: 'long' },
      { name: 'pipeline_revision', type: 'int' },
      { name: 'event', type: optional(definition.event.schema), default: null },
    ],
  };
}
