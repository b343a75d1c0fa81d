import { databaseOf, sqlIdentifier, type OutcomeRecord } from '#contracts';
import * as types from './column-type.js';
import type { ColumnType } from './column-type.js';
import { column, TIME_CODEC } from './column.js';
import { labelRank } from './label-rank.js';
import { predictionColumns, type LoggedPrediction, type PredictionColumnsInput } from './prediction-columns.js';
import { qualifiedName } from './table-sql.js';
import type { Column, Table, View } from './table.js';

/** An outcome as it lies on `<p>.outcomes`. */
export interface LoggedOutcome {
  readonly record: OutcomeRecord;
  readonly partition: number;
  readonly offset: number;
}

const ofRecord = (name: keyof OutcomeRecord, type: ColumnType<never>, comment: string, codec?: string) =>
  column<LoggedOutcome>(name, type, ({ record }) => record[name], comment, codec);

/** Settles which label holds; of no use to a person. */
const RANK = 'label_rank';

const LABEL_COLUMNS: readonly Column<LoggedOutcome>[] = [
  ofRecord('label', types.float64, 'binary: 0 or 1; multiclass: the class index; regression: the value'),
  ofRecord('label_time', types.time, 'when the label became known', TIME_CODEC),
  ofRecord('label_revision', types.int64, 'of the labels of an event the one with the highest holds', TIME_CODEC),
  column(
    RANK,
    types.uint64,
    ({ record }) => labelRank(record.label_revision, record.label),
    'revision, then a checksum of the label: the row with the highest holds',
    TIME_CODEC,
  ),
  ofRecord('label_late', types.bool, 'it became known later after its event than the pipeline waits'),
  ofRecord('label_partition', types.int32, 'partition of the label on the labels topic'),
  ofRecord('label_offset', types.int64, 'offset of the label on the labels topic', TIME_CODEC),
  ofRecord('joined_at', types.time, 'when label and prediction were brought together', TIME_CODEC),
  column('outcome_partition', types.int32, ({ partition }) => partition, 'partition on the outcomes topic'),
  column('outcome_offset', types.int64, ({ offset }) => offset, 'offset on the outcomes topic', TIME_CODEC),
];

function predictionOf({ record }: LoggedOutcome): LoggedPrediction {
  return {
    record: record.prediction,
    partition: record.prediction_partition,
    offset: record.prediction_offset,
    publishedAtMs: record.published_at,
  };
}

/** What both tables have: the label and the prediction that it is about. */
function outcomeTable(definition: PredictionColumnsInput): Omit<Table<LoggedOutcome>, 'name' | 'comment'> {
  const { columns, aliases } = predictionColumns(definition);
  return {
    database: databaseOf(definition.name),
    columns: [
      ...LABEL_COLUMNS,
      ...columns.map(({ value, ...rest }) => ({
        ...rest,
        value: (outcome: LoggedOutcome) => value(predictionOf(outcome)),
      })),
    ],
    aliases,
    indexes: [{ name: 'by_event_id', expression: 'event_id', type: 'bloom_filter(0.001)', granularity: 1 }],
    orderBy: ['event_time', 'event_id'],
    identity: ['event_id', 'outcome_partition', 'outcome_offset'],
  };
}

/** A row per record on the outcomes topic: every label of an event, repeated and corrected ones too. */
export function outcomeRevisionsTable(definition: PredictionColumnsInput): Table<LoggedOutcome> {
  const table = outcomeTable(definition);
  return {
    ...table,
    // What came since the last evaluation of a monitor is a range of offsets, and lies together or nearly so.
    indexes: [
      ...table.indexes,
      { name: 'by_outcome_offset', expression: 'outcome_offset', type: 'minmax', granularity: 1 },
    ],
    name: 'outcome_revisions',
    comment: `Labels of the pipeline ${definition.name} with their predictions: a row for each label that came`,
    partitionBy: 'toYYYYMM(joined_at)',
  };
}

/**
 * The label of each event that holds, once ClickHouse has merged; until then also some that it outranks. Not partitioned,
 * for rows replace one another only within a partition. Analysts read the view.
 */
export function outcomesLatestTable(definition: PredictionColumnsInput): Table<LoggedOutcome> {
  return {
    ...outcomeTable(definition),
    name: 'outcomes_latest',
    comment: `Behind the view outcomes of the pipeline ${definition.name}: read that`,
    replacedBy: RANK,
  };
}

/** One row per labelled event, with the label that holds; aliases included. */
export function outcomesView(definition: PredictionColumnsInput): View {
  const table = outcomesLatestTable(definition);
  const names = [...table.columns, ...table.aliases].map(({ name }) => name).filter((name) => name !== RANK);
  return {
    database: table.database,
    name: 'outcomes',
    comment: `Outcomes of the pipeline ${definition.name}: one row per labelled event, with the label that holds`,
    select: `SELECT ${names.map(sqlIdentifier).join(', ')} FROM ${qualifiedName(table)} FINAL`,
  };
}
