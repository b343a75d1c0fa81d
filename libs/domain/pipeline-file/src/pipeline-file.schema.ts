import { z } from 'zod';
import { LABEL } from './label.schema.js';
import { MONITOR } from './monitor.schema.js';
import { EXPLAIN, ROLLOUT } from './rollout.schema.js';
import { duration, name, scalar } from './shape-parts.js';
import { GATES, MODEL_PARAMETERS, RETRAIN, TRAINER } from './training.schema.js';

/**
 * The shape of a pipeline file, as a person writes it. It knows nothing of the event's fields: `resolve-*.ts` holds it
 * against the Avro schema and turns it into a PipelineDefinition.
 */

/** Databases of ClickHouse and of Eddyline itself, and the prefix of the control topics. */
const TAKEN_NAMES: readonly string[] = ['default', 'eddyline', 'information-schema', 'otel', 'system'];

const EVENT = z
  .strictObject({
    schema: name('Avro schema of the event, a path relative to this file.', 'event.avsc'),
    id: name('Field with the identity of an event: a string or a long. Deduplication is by it.', 'event_id'),
    key: name('Field whose value is the Kafka key: events of one key stay in order.', 'region'),
    time: name('Field with the event time: timestamp-millis, timestamp-micros or an ISO 8601 string.', 'at'),
  })
  .meta({ description: 'What an event is.' });

const OUTLIER = z
  .strictObject({
    method: z.literal('mad').meta({ description: 'Distance from the running median in median absolute deviations.' }),
    threshold: z
      .number()
      .positive()
      .meta({ description: 'Largest accepted |x − median| / (1.4826 · MAD).', examples: [8] }),
    window: z
      .int()
      .min(8)
      .max(10_000)
      .default(512)
      .meta({ description: 'How many accepted values of the partition are the reference.' }),
    minRows: z
      .int()
      .min(4)
      .optional()
      .meta({ description: 'From how many values on events are judged. Default: an eighth of the window.' }),
  })
  .meta({ description: 'Judges a number against the values before it in its partition.' });

export const EXPECT_ENTRY = z
  .strictObject({
    name: z
      .string()
      // No comma: flags travel as a comma-separated list.
      .regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/, {
        error: 'not a name for a check; use letters, digits, underscores, dots and dashes, a letter first',
      })
      .meta({
        description: 'Names the check in flags and quarantine records. Default: the field and the kind of check.',
        examples: ['price_not_negative'],
      })
      .optional(),
    field: name('The field that is checked.').optional(),
    notNull: z.literal(true).meta({ description: 'The value must be there.' }).optional(),
    min: z.number().meta({ description: 'Least accepted number.' }).optional(),
    max: z.number().meta({ description: 'Largest accepted number.' }).optional(),
    in: z.array(scalar).min(1).meta({ description: 'The accepted values.' }).optional(),
    pattern: z
      .string()
      .min(1)
      .meta({ description: 'Regular expression that the text must match somewhere; anchor it with ^ and $.' })
      .optional(),
    minLength: z.int().nonnegative().meta({ description: 'Least number of characters.' }).optional(),
    maxLength: z.int().nonnegative().meta({ description: 'Largest number of characters.' }).optional(),
    maxLateness: duration('How far the event time may lie behind the newest of its partition.', '6h').optional(),
    maxAhead: duration('How far the event time may lie ahead of when the event was published.', '5m').optional(),
    outlier: OUTLIER.optional(),
    rule: z
      .string()
      .min(1)
      .meta({ description: 'A CEL expression over `event` that must be true.', examples: ['event.price >= 0.0'] })
      .optional(),
    on: z
      .enum(['quarantine', 'flag', 'impute'])
      .meta({
        description:
          'What becomes of an event that violates the check: set aside (quarantine, the default), passed on with a flag, or passed on with `impute` in place of the bad value.',
      })
      .optional(),
    impute: z
      .union([scalar, z.null()])
      .meta({ description: 'The value in place of a bad one; implies `on: impute`.' })
      .optional(),
  })
  .meta({ description: 'One field with one or more checks, or one rule.' });

export const FEATURE_ENTRY = z.union([
  name('A field of the event, as it is.'),
  z.strictObject({
    name: name('Name of the feature, as the model knows it.', 'hour_sin'),
    field: name('The field of the event that it is.').optional(),
    cel: z
      .string()
      .min(1)
      .meta({ description: 'A CEL expression over `event`.', examples: ['event.price * 2'] })
      .optional(),
    type: z
      .enum(['number', 'string'])
      .meta({ description: 'Only for expressions whose type cannot be known beforehand.' })
      .optional(),
  }),
]);

export const MODEL = z
  .strictObject({
    task: z
      .enum(['binary-classification', 'multiclass-classification', 'regression'])
      .meta({ description: 'What the model predicts.' }),
    threshold: z
      .number()
      .min(0)
      .max(1)
      .meta({ description: 'Positive decision at `score >= threshold`; binary classification only. Default 0.5.' })
      .optional(),
    trainer: TRAINER.optional(),
    parameters: MODEL_PARAMETERS.optional(),
  })
  .meta({ description: 'The model that scores the events.' });

const TOPICS = z
  .strictObject({
    partitions: z.int().min(1).max(10_000).default(4).meta({ description: 'Partitions of each topic.' }),
    replicationFactor: z
      .int()
      .min(1)
      .max(9)
      .default(1)
      .meta({ description: 'Copies of each partition; 3 in production.' }),
    retention: duration('How long Kafka keeps the records.', '7d').default('7d'),
    maxMessageBytes: z
      .int()
      .min(1024)
      .max(64 * 1024 * 1024)
      .default(1_048_576)
      .meta({ description: 'Largest accepted event in bytes.' }),
  })
  .meta({ description: 'The Kafka topics of the pipeline.' });

export const PIPELINE_FILE = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,62}$/, {
        error: 'not a pipeline name; use lower-case letters, digits and dashes, a letter first, at most 63 characters',
      })
      .refine((name) => !TAKEN_NAMES.includes(name), {
        error: 'this name is taken by a database or topic of the platform; choose another',
      })
      .meta({ description: 'Prefixes the topics and names the database.', examples: ['electricity'] }),
    description: z.string().meta({ description: 'One sentence for people.' }).optional(),
    event: EVENT,
    expect: z.array(EXPECT_ENTRY).default([]).meta({ description: 'What events must be like.' }),
    dedupe: z
      .strictObject({ window: duration('How long an event id is remembered, in event time.', '1h') })
      .meta({ description: 'Drops events whose id was accepted before.' })
      .optional(),
    features: z.array(FEATURE_ENTRY).min(1).meta({ description: "The model's inputs, in its order." }),
    model: MODEL,
    label: LABEL.optional(),
    monitor: MONITOR.optional(),
    retrain: RETRAIN.optional(),
    gates: GATES.optional(),
    rollout: ROLLOUT.optional(),
    explain: EXPLAIN.optional(),
    topics: TOPICS.prefault({}),
  })
  .meta({
    title: 'Eddyline pipeline',
    description:
      'Everything that topics, checks, features, tables, monitors, training and rollout of a pipeline follow from.',
  });

export type PipelineFile = z.output<typeof PIPELINE_FILE>;
export type ExpectEntry = z.output<typeof EXPECT_ENTRY>;
export type FeatureEntry = z.output<typeof FEATURE_ENTRY>;

/** JSON Schema (draft 7, which editors know best) of a pipeline file, for completion and checks while writing. */
export function pipelineJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(PIPELINE_FILE, { io: 'input', target: 'draft-7' }) as Record<string, unknown>;
}
