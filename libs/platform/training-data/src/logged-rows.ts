import { databaseOf, featureColumnName, sqlIdentifier, type PipelineDefinition } from '#contracts';
import { streamRows, type SelectBounds, type StreamedType } from '#platform/clickhouse';
import { instant } from './instant.js';

type ClickHouse = Parameters<typeof streamRows>[0];

/** What of the log is replayed: the newest rows of a range of event time. */
export interface LoggedRange {
  /** ms, inclusive; null: from the log's beginning. */
  readonly fromMs: number | null;
  /** ms, exclusive; null: to the log's end. */
  readonly toMs: number | null;
  readonly rows: number;
}

/** A prediction as it was served, with the label that holds where one has come. */
export interface LoggedPredictionRow {
  readonly id: string;
  /** Event time, ms. */
  readonly time: number;
  readonly version: string;
  readonly score: number;
  /** Multiclass: one per class; else empty. */
  readonly classScores: readonly number[];
  /** As it was in force. */
  readonly threshold: number;
  /** In the pipeline's order; null: missing. */
  readonly features: readonly (number | string | null)[];
  readonly label: number | null;
  /** Of the columns asked for, as text. */
  readonly slices: readonly string[];
}

export type LoggedDefinition = Pick<PipelineDefinition, 'name' | 'features' | 'label'>;

const BOUNDS = { seconds: 300, memoryBytes: 4 * 1024 ** 3 };

/** In the order of event time and id. What was scored in the shadow was not served, and is left out. */
export function loggedRowsQuery(
  { name, features, label }: LoggedDefinition,
  slices: readonly string[],
  range: LoggedRange,
): string {
  const database = sqlIdentifier(databaseOf(name));
  const served = features.map((feature) => sqlIdentifier(featureColumnName(feature.name)));
  const sliced = slices.map((column) => ({
    name: sqlIdentifier(`slice_${column}`),
    value: `ifNull(toString(${sqlIdentifier(column)}), 'null')`,
  }));
  const where = [
    ...(range.fromMs === null ? [] : [`event_time >= ${instant(range.fromMs)}`]),
    ...(range.toMs === null ? [] : [`event_time < ${instant(range.toMs)}`]),
    `role != 'shadow'`,
  ].join(' AND ');
  const newest = (columns: string): string =>
    `SELECT ${columns} FROM ${database}.predictions WHERE ${where} ORDER BY event_time DESC, event_id DESC, log_partition DESC, log_offset DESC LIMIT ${Math.trunc(range.rows)}`;
  const inner = [
    ...['event_id', 'event_time', 'model_version', 'score', 'class_scores', 'threshold', 'log_partition', 'log_offset'],
    ...served,
    ...sliced.map((one) => `${one.value} AS ${one.name}`),
  ].join(', ');
  const labels =
    label === undefined
      ? ''
      : `\nLEFT ANY JOIN (
  SELECT event_id, event_time, label, 1 AS labelled
  FROM ${database}.outcomes
  WHERE event_time >= (SELECT min(event_time) FROM (${newest('event_time')}))${range.toMs === null ? '' : ` AND event_time < ${instant(range.toMs)}`}
) AS known USING (event_id, event_time)`;
  const known = label === undefined ? ['toInt64(0)', 'toFloat64(0)'] : ['toInt64(labelled)', 'label'];
  return `SELECT ${[
    ...['event_id', 'toUnixTimestamp64Milli(event_time)', 'model_version', 'score', 'class_scores', 'threshold'],
    ...served,
    ...sliced.map((one) => one.name),
    ...known,
  ].join(', ')}
FROM (
  ${newest(inner)}
) AS served${labels}
ORDER BY event_time, event_id, log_partition, log_offset`;
}

/**
 * Some thousand rows at a time.
 *
 * @param client waits for answers for longer than the bounds allow
 * @throws Retriable('clickhouse_unreachable'), ClickHouseRefused; the signal's reason once it is aborted
 */
export async function* streamLoggedRows(
  client: ClickHouse,
  definition: LoggedDefinition,
  slices: readonly string[],
  range: LoggedRange,
  {
    bounds = BOUNDS,
    signal,
  }: { readonly bounds?: Omit<SelectBounds, 'resultRows'>; readonly signal?: AbortSignal } = {},
): AsyncGenerator<readonly LoggedPredictionRow[]> {
  const select = {
    sql: loggedRowsQuery(definition, slices, range),
    id: `eddyline-replay-${definition.name}`,
    comment: { pipeline: definition.name, purpose: 'replay' },
  };
  const types: readonly StreamedType[] = [
    ...(['string', 'int64', 'string', 'float64', 'float64[]', 'float64'] as const),
    ...definition.features.map(({ type }) => `${type === 'number' ? 'float64' : 'string'}?` as const),
    ...slices.map(() => 'string' as const),
    ...(['int64', 'float64'] as const),
  ];
  const options = { bounds: { ...bounds, resultRows: range.rows }, ...(signal && { signal }) };
  const width = definition.features.length;
  for await (const batch of streamRows<readonly unknown[]>(client, select, types, options)) {
    yield batch.map((row) => toLoggedRow(row, width));
  }
}

const BEFORE_FEATURES = 6;

function toLoggedRow(row: readonly unknown[], features: number): LoggedPredictionRow {
  const [id, time, version, score, classScores, threshold] = row as [string, number, string, number, number[], number];
  const afterFeatures = BEFORE_FEATURES + features;
  const [labelled, label] = row.slice(-2) as [number, number];
  return {
    id,
    time,
    version,
    score,
    classScores,
    threshold,
    features: row.slice(BEFORE_FEATURES, afterFeatures) as LoggedPredictionRow['features'],
    label: labelled === 1 ? label : null,
    slices: row.slice(afterFeatures, -2) as string[],
  };
}
