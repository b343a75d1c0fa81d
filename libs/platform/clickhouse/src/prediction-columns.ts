import {
  eventColumnNames,
  featureColumnName,
  recordColumnOf,
  type PipelineDefinition,
  type PredictionRecord,
} from '#contracts';
import { columnTypesOf } from './avro-column-type.js';
import * as types from './column-type.js';
import type { ColumnType } from './column-type.js';
import { column, TIME_CODEC, word } from './column.js';
import type { AliasColumn, Column } from './table.js';

/** What of a definition the columns follow from. */
export type PredictionColumnsInput = Pick<PipelineDefinition, 'name' | 'event' | 'features'>;

/** A prediction as it lies on `<p>.predictions` or `<p>.shadows`. */
export interface LoggedPrediction {
  readonly record: PredictionRecord;
  readonly partition: number;
  readonly offset: number;
  /** Kafka timestamp of the record, ms since epoch. */
  readonly publishedAtMs: number;
}

const ofRecord = (name: keyof PredictionRecord, type: ColumnType<never>, comment: string, codec?: string) =>
  column<LoggedPrediction>(name, type, ({ record }) => record[name], comment, codec);

/** Columns of every pipeline: the prediction record but for the event and the features, and where it lies. */
const RECORD_COLUMNS: readonly Column<LoggedPrediction>[] = [
  ofRecord('event_id', types.string, 'identity of the event'),
  ofRecord('event_key', types.string, 'Kafka key of the event'),
  ofRecord('event_time', types.time, 'when it happened', TIME_CODEC),
  ofRecord('model', word, 'model that scored it'),
  ofRecord('model_version', word, 'version of the model, counted up per pipeline'),
  ofRecord('model_sha256', word, 'hash of the ONNX file'),
  ofRecord('role', word, 'champion, canary, challenger or shadow'),
  ofRecord('propensity', types.float64, 'probability with which routing chose what served this key'),
  ofRecord(
    'flags',
    types.array(types.lowCardinality(types.string)),
    'expectations that the event violated and was let through with; challenger_failed',
  ),
  ofRecord('score', types.float64, 'binary: P(positive); regression: the value; multiclass: the largest probability'),
  ofRecord('class_scores', types.array(types.float64), 'one per class for multiclass models'),
  ofRecord('decision', word, 'positive, negative, or the class index'),
  ofRecord('threshold', types.float64, 'positive from this score on'),
  ofRecord(
    'reasons',
    types.array(types.tuple({ feature: types.lowCardinality(types.string), contribution: types.float64 })),
    'features that moved the score most',
  ),
  ofRecord('predicted_at', types.time, 'when it was scored', TIME_CODEC),
  ofRecord('scoring_ms', types.float64, 'how long the model took for the batch that it was scored in, in ms'),
  ofRecord('trace_id', types.string, 'trace of the event when it was sampled, else empty'),
  ofRecord('source', word, 'door through which it came: stream, score or infer'),
  ofRecord('input_topic', word, 'where the scored record lies; empty for HTTP'),
  ofRecord('input_partition', types.int32, 'partition of the scored record; -1 for HTTP'),
  ofRecord('input_offset', types.int64, 'offset of the scored record; -1 for HTTP', TIME_CODEC),
  ofRecord('pipeline_revision', types.int32, 'revision of the pipeline definition in force'),
  // Rows from before these columns have 0: they lie within every cut of the log.
  column('log_partition', types.int32, ({ partition }) => partition, 'partition of the record on its topic'),
  column('log_offset', types.int64, ({ offset }) => offset, 'offset of the record on its topic', TIME_CODEC),
  column(
    'published_at',
    types.time,
    ({ publishedAtMs }) => publishedAtMs,
    'Kafka timestamp of the record on its topic',
    TIME_CODEC,
  ),
];

export interface PredictionColumns {
  readonly columns: readonly Column<LoggedPrediction>[];
  readonly aliases: readonly AliasColumn[];
}

/**
 * The columns that hold a prediction. Names: the record's columns as in PredictionRecord; the event's fields by
 * `eventColumnNames`; features as served as `feature_<name>`. Nothing is stored twice: the fields that are the event's
 * id, key and time are aliases of `event_id`, `event_key` and `event_time`, and a feature that is the event's field of the
 * same name and type is an alias of it.
 */
export function predictionColumns(definition: PredictionColumnsInput): PredictionColumns {
  const { event, features } = definition;
  const columns: Column<LoggedPrediction>[] = [...RECORD_COLUMNS];
  const aliases: AliasColumn[] = [];
  const names = eventColumnNames(definition);
  const eventTypes = columnTypesOf(event.schema);
  const served = new Map(features.map((feature) => [feature.name, feature]));

  for (const field of event.schema.fields) {
    const name = names.get(field.name)!;
    const of = recordColumnOf(field, event);
    if (of === name) continue;
    const comment = `event field ${field.name}`;
    const type = eventTypes.get(field.name)!;
    if (of !== undefined) {
      const { sql } = RECORD_COLUMNS.find((one) => one.name === of)!.type;
      aliases.push({ name, sqlType: sql, of, comment });
      continue;
    }
    const feature = served.get(field.name);
    const isServedAsIs =
      feature?.kind === 'field' && feature.field === field.name && type.sql === featureType(feature.type).sql;
    columns.push(
      column<LoggedPrediction>(
        name,
        type as ColumnType<never>,
        // As served: the value is there even where only features were given.
        isServedAsIs ? ({ record }) => record.features[field.name] : ({ record }) => record.event?.[field.name],
        comment,
      ),
    );
    if (isServedAsIs) {
      const comment = `feature ${field.name}, stored as the event field`;
      aliases.push({ name: featureColumnName(field.name), sqlType: type.sql, of: name, comment });
    }
  }
  for (const { name, type } of features) {
    if (aliases.some((alias) => alias.name === featureColumnName(name))) continue;
    columns.push(
      column(featureColumnName(name), featureType(type), ({ record }) => record.features[name], `feature ${name}`),
    );
  }
  return { columns, aliases };
}

export function featureType(type: 'number' | 'string'): ColumnType<never> {
  return type === 'number' ? types.nullable(types.float64) : types.nullable(types.string);
}
