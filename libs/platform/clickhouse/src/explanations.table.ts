import { databaseOf, type ExplanationRecord, type PipelineDefinition } from '#contracts';
import * as types from './column-type.js';
import type { ColumnType } from './column-type.js';
import { column, TIME_CODEC, word } from './column.js';
import type { Table } from './table.js';

/** An explanation as it lies on `<p>.explanations`. */
export interface LoggedExplanation {
  readonly record: ExplanationRecord;
  readonly partition: number;
  readonly offset: number;
}

export type ExplanationsTableInput = Pick<PipelineDefinition, 'name' | 'explain'>;

const contributions = types.array(types.tuple({ feature: word, contribution: types.float64 }));
const words = types.array(word);

const ofRecord = (name: keyof ExplanationRecord, type: ColumnType<never>, comment: string, codec?: string) =>
  column<LoggedExplanation>(name, type, ({ record }) => record[name], comment, codec);

/** Why predictions came out as they did: a row per prediction that was explained. */
export function explanationsTable({ name, explain }: ExplanationsTableInput): Table<LoggedExplanation> {
  return {
    database: databaseOf(name),
    name: 'explanations',
    comment: `What each feature contributed to predictions of the pipeline ${name}, a row per prediction that was explained`,
    columns: [
      ofRecord('event_id', types.string, 'the event that was scored'),
      ofRecord('event_time', types.time, 'when it happened', TIME_CODEC),
      ofRecord('model_version', word, 'version that scored it'),
      ofRecord('role', word, 'of the prediction: champion, canary or challenger'),
      ofRecord('method', word, 'tree_shap, linear_shap (exact) or sampling_shap (an estimate)'),
      ofRecord('unit', word, 'what is explained: log_odds, class_margin, value or probability'),
      ofRecord('base_value', types.float64, 'output where nothing is known of the event'),
      ofRecord('output', types.float64, 'base_value and all contributions together'),
      ofRecord('contributions', contributions, 'of every feature, in the order in which the model takes them'),
      column(
        'top_features',
        words,
        ({ record }) => topFeaturesOf(record, explain?.top ?? 0),
        'features with the largest contributions, either way, the largest first',
      ),
      ofRecord('why', word, 'chosen by the expression (when) or by the sample'),
      ofRecord('explained_at', types.time, 'wall clock', TIME_CODEC),
      ofRecord('trace_id', types.string, 'trace of the event; empty: not sampled'),
      ofRecord('prediction_partition', types.int32, 'log_partition of the prediction'),
      ofRecord('prediction_offset', types.int64, 'log_offset of the prediction', TIME_CODEC),
      column('log_partition', types.int32, ({ partition }) => partition, 'partition on the explanations topic'),
      column('log_offset', types.int64, ({ offset }) => offset, 'offset on the explanations topic', TIME_CODEC),
    ],
    aliases: [],
    indexes: [{ name: 'by_event_id', expression: 'event_id', type: 'bloom_filter(0.001)', granularity: 1 }],
    partitionBy: 'toYYYYMM(explained_at)',
    orderBy: ['model_version', 'event_time'],
    identity: ['event_id', 'log_partition', 'log_offset'],
  };
}

/** As `mostImportant` of libs/domain/explain; equal ones in the order of the features, so that a repetition gives the same. */
function topFeaturesOf({ contributions }: ExplanationRecord, most: number): readonly string[] {
  return contributions
    .toSorted((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution))
    .slice(0, most)
    .map(({ feature }) => feature);
}
