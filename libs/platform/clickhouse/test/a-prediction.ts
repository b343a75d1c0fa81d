import type { AvroRecordSchema, Feature, OutcomeRecord, PredictionRecord } from '#contracts';
import type { LoggedOutcome, LoggedPrediction, LogTablesInput } from '#platform/clickhouse';

export const EVENT_SCHEMA: AvroRecordSchema = {
  type: 'record',
  name: 'Reading',
  namespace: 'grid',
  fields: [
    { name: 'reading', type: 'string' },
    { name: 'region', type: 'string' },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'price', type: ['null', 'double'], default: null },
    { name: 'day', type: 'int' },
    { name: 'score', type: 'float' },
  ],
};

export const FEATURES: readonly Feature[] = [
  { name: 'price', type: 'number', kind: 'field', field: 'price' },
  { name: 'day', type: 'number', kind: 'field', field: 'day' },
  { name: 'hour_sin', type: 'number', kind: 'cel', expression: 'event.day * 0.5' },
];

export function aPipeline(name: string, changes: Partial<LogTablesInput> = {}): LogTablesInput {
  return {
    name,
    event: { schema: EVENT_SCHEMA, id: 'reading', key: 'region', time: 'at' },
    features: FEATURES,
    ...changes,
  };
}

/** The record of a prediction. */
export function aRecord(number = 0, changes: Partial<PredictionRecord> = {}): PredictionRecord {
  const at = Date.UTC(1996, 4, 7) + number * 1_800_000;
  return {
    event_id: `e-${number}`,
    event_key: 'NSW',
    event_time: at,
    model: 'grid',
    model_version: '1',
    model_sha256: 'ab'.repeat(32),
    role: 'champion',
    propensity: 1,
    features: { price: 0.25, day: 2, hour_sin: 1 },
    flags: [],
    score: 0.75,
    class_scores: [],
    decision: 'positive',
    threshold: 0.5,
    reasons: [],
    predicted_at: Date.UTC(2026, 10, 21, 8) + number,
    scoring_ms: 0.75,
    trace_id: '',
    source: 'stream',
    input_topic: 'grid.validated',
    input_partition: 0,
    input_offset: number,
    pipeline_revision: 1,
    event: { reading: `e-${number}`, region: 'NSW', at, price: 0.25, day: 2, score: 1.5 },
    ...changes,
  };
}

export function aPrediction(number = 0, changes: Partial<PredictionRecord> = {}): LoggedPrediction {
  return {
    record: aRecord(number, changes),
    partition: number % 2,
    offset: number,
    publishedAtMs: Date.UTC(2026, 10, 21, 8) + number + 5,
  };
}

/** The outcome of prediction `number`, at `offset` of the topic. */
export function anOutcome(number: number, offset: number, changes: Partial<OutcomeRecord> = {}): LoggedOutcome {
  const prediction = changes.prediction ?? aRecord(number);
  return {
    record: {
      event_id: prediction.event_id,
      label: 1,
      label_time: prediction.event_time + 3_600_000,
      label_revision: 1,
      label_late: false,
      label_partition: 0,
      label_offset: offset,
      joined_at: Date.UTC(2026, 10, 21, 9) + offset,
      published_at: Date.UTC(2026, 10, 21, 8) + number + 5,
      prediction_partition: number % 2,
      prediction_offset: number,
      prediction,
      ...changes,
    },
    partition: 0,
    offset,
  };
}

export const LABEL: NonNullable<LogTablesInput['label']> = {
  schema: {
    type: 'record',
    name: 'Label',
    fields: [
      { name: 'reading', type: 'string' },
      { name: 'went_up', type: 'boolean' },
    ],
  },
  match: { by: 'id', field: 'reading' },
  field: 'went_up',
  values: { kind: 'boolean' },
  time: null,
  revision: null,
  withinMs: 86_400_000,
};

export const MONITORING: NonNullable<LogTablesInput['monitoring']> = {
  graceMs: 0,
  slices: [],
  receivers: [],
  monitors: [],
};
