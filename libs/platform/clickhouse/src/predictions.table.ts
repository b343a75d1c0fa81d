import { databaseOf, type AvroField, type PipelineDefinition, type PredictionRecord } from '#contracts';
import { columnTypesOf } from './avro-column-type.js';
import * as types from './column-type.js';
import type { ColumnType } from './column-type.js';
import type { AliasColumn, Column, Table } from './table.js';

/** What of a definition the table follows from. */
export type PredictionsTableInput = Pick<PipelineDefinition, 'name' | 'event' | 'features'>;

const TIME_CODEC = 'Delta(8), ZSTD(1)';
const word = types.lowCardinality(types.string) as ColumnType;

function column(
  name: keyof PredictionRecord,
  type: ColumnType<never>,
  comment: string,
  codec?: string,
): Column<PredictionRecord> {
  return {
    name,
    type: type as ColumnType,
    comment,
    ...(codec === undefined ? {} : { codec }),
    value: (record) => record[name],
  };
}

/** Columns of every pipeline: the prediction record but for the event and the features. */
const RECORD_COLUMNS: readonly Column<PredictionRecord>[] = [
  column('event_id', types.string, 'identity of the event'),
  column('event_key', types.string, 'Kafka key of the event'),
  column('event_time', types.time, 'when it happened', TIME_CODEC),
  column('model', word, 'model that scored it'),
  column('model_version', word, 'version of the model, counted up per pipeline'),
  column('model_sha256', word, 'hash of the ONNX file'),
  column('role', word, 'champion, canary, challenger or shadow'),
  column('propensity', types.float64, 'probability with which routing chose this role for this key'),
  column(
    'flags',
    types.array(types.lowCardinality(types.string)),
    'expectations that the event violated and was let through with',
  ),
  column('score', types.float64, 'binary: P(positive); regression: the value; multiclass: the largest probability'),
  column('class_scores', types.array(types.float64), 'one per class for multiclass models'),
  column('decision', word, 'positive, negative, or the class index'),
  column('threshold', types.float64, 'positive from this score on'),
  column(
    'reasons',
    types.array(types.tuple({ feature: types.lowCardinality(types.string), contribution: types.float64 })),
    'features that moved the score most',
  ),
  column('predicted_at', types.time, 'when it was scored', TIME_CODEC),
  column('trace_id', types.string, 'trace of the event when it was sampled, else empty'),
  column('source', word, 'door through which it came: stream, score or infer'),
  column('input_topic', word, 'where the scored record lies; empty for HTTP'),
  column('input_partition', types.int32, 'partition of the scored record; -1 for HTTP'),
  column('input_offset', types.int64, 'offset of the scored record; -1 for HTTP', TIME_CODEC),
  column('pipeline_revision', types.int32, 'revision of the pipeline definition in force'),
];

/**
 * The log of predictions of a pipeline: one row per prediction.
 *
 * Names: the record's columns as in PredictionRecord; the event's fields by their own names, with `event_` before them
 * where another column has the name; features as served as `feature_<name>`. Nothing is stored twice: the fields that
 * are the event's id, key and time are aliases of `event_id`, `event_key` and `event_time`, and a feature that is the
 * event's field of the same name and type is an alias of it.
 *
 * Parts are cut by the month of scoring, not of the event: a replay of years of events stays one part per insert, and
 * an event from the year 2299 makes no partition of its own. Ranges of event time are found by the sorting key.
 */
export function predictionsTable(definition: PredictionsTableInput): Table<PredictionRecord> {
  const { columns, aliases } = eventAndFeatureColumns(definition);
  return {
    database: databaseOf(definition.name),
    name: 'predictions',
    comment: `Predictions of the pipeline ${definition.name}, one row each`,
    columns: [...RECORD_COLUMNS, ...columns],
    aliases,
    indexes: [
      { name: 'by_event_id', expression: 'event_id', type: 'bloom_filter(0.001)', granularity: 1 },
      { name: 'by_trace_id', expression: 'trace_id', type: 'bloom_filter(0.001)', granularity: 1 },
    ],
    partitionBy: 'toYYYYMM(predicted_at)',
    orderBy: ['model', 'model_version', 'event_time'],
    identity: ['event_id', 'input_topic', 'input_partition', 'input_offset', 'role', 'model_version', 'predicted_at'],
  };
}

function eventAndFeatureColumns({ event, features }: PredictionsTableInput): {
  columns: readonly Column<PredictionRecord>[];
  aliases: readonly AliasColumn[];
} {
  const columns: Column<PredictionRecord>[] = [];
  const aliases: AliasColumn[] = [];
  const eventTypes = columnTypesOf(event.schema);
  const served = new Map(features.map((feature) => [feature.name, feature]));
  const storedFields = new Map<string, string>();
  const taken = new Set([
    ...RECORD_COLUMNS.map(({ name }) => name),
    ...features.map(({ name }) => featureColumnName(name)),
    ...event.schema.fields.map(({ name }) => name),
  ]);
  const clashes = new Set([
    ...RECORD_COLUMNS.map(({ name }) => name),
    ...features.map(({ name }) => featureColumnName(name)),
  ]);

  for (const field of event.schema.fields) {
    const of = recordColumnOf(field, event);
    if (of === field.name) continue;
    let name = field.name;
    if (clashes.has(name)) {
      while (taken.has(name)) name = `event_${name}`;
      taken.add(name);
    }
    const comment = `event field ${field.name}`;
    const type = eventTypes.get(field.name)!;
    if (of !== undefined) {
      const { sql } = RECORD_COLUMNS.find((one) => one.name === of)!.type;
      aliases.push({ name, sqlType: sql, of, comment });
      continue;
    }
    storedFields.set(field.name, name);
    const feature = served.get(field.name);
    const isServedAsIs =
      feature?.kind === 'field' && feature.field === field.name && type.sql === featureType(feature.type).sql;
    columns.push({
      name,
      type,
      comment,
      // As served: the value is there even where only features were given.
      value: isServedAsIs ? ({ features }) => features[field.name] : ({ event }) => event?.[field.name],
    });
    if (isServedAsIs) {
      const comment = `feature ${field.name}, stored as the event field`;
      aliases.push({ name: featureColumnName(field.name), sqlType: type.sql, of: name, comment });
    }
  }
  for (const { name, type } of features) {
    if (aliases.some((alias) => alias.name === featureColumnName(name))) continue;
    columns.push({
      name: featureColumnName(name),
      type: featureType(type) as ColumnType,
      comment: `feature ${name}`,
      value: ({ features }) => features[name],
    });
  }
  return { columns, aliases };
}

/** Every feature can be asked for by this name, stored or alias. */
export function featureColumnName(feature: string): string {
  return `feature_${feature}`;
}

function featureType(type: 'number' | 'string'): ColumnType<never> {
  return type === 'number' ? types.nullable(types.float64) : types.nullable(types.string);
}

/** The record column that holds exactly this field's value, or undefined. */
function recordColumnOf(
  { name, type }: AvroField,
  event: PredictionsTableInput['event'],
): keyof PredictionRecord | undefined {
  if (type === 'string' && name === event.id) return 'event_id';
  if (type === 'string' && name === event.key) return 'event_key';
  const isMillis =
    typeof type === 'object' &&
    'logicalType' in type &&
    type.type === 'long' &&
    type.logicalType === 'timestamp-millis';
  return isMillis && name === event.time ? 'event_time' : undefined;
}
