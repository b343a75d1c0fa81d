import { streamRows, type SelectBounds, type StreamedType } from '#platform/clickhouse';
import { datasetColumnsOf, type DatasetDefinition } from './dataset-columns.js';
import { DatasetWriter, type PackedDataset } from './dataset-format.js';
import type { DatasetRow } from './dataset-row.js';
import { trainingDataQuery, type TrainingRange } from './training-data-query.js';

type ClickHouse = Parameters<typeof streamRows>[0];

export interface TakeOptions {
  /** With fewer, nothing can be learnt. */
  readonly minRows: number;
  readonly bounds?: Omit<SelectBounds, 'resultRows'>;
  readonly signal?: AbortSignal;
}

/** The rows with the query that gives them; or, too few of them, a sentence that says so. */
export type TakenDataset =
  | { readonly ok: true; readonly dataset: PackedDataset; readonly query: string }
  | { readonly ok: false; readonly rows: number; readonly reason: string; readonly query: string };

const BOUNDS = { seconds: 300, memoryBytes: 4 * 1024 ** 3 };

/**
 * Takes the rows that a model is trained on out of the log, as one stream: what is held is the packed dataset.
 *
 * @param client waits for answers for longer than the bounds allow
 * @throws Retriable('clickhouse_unreachable'), ClickHouseRefused; the signal's reason once it is aborted
 */
export async function takeDataset(
  client: ClickHouse,
  definition: DatasetDefinition,
  range: TrainingRange,
  { minRows, bounds = BOUNDS, signal }: TakeOptions,
): Promise<TakenDataset> {
  const columns = datasetColumnsOf(definition);
  const query = trainingDataQuery(definition, range);
  const types: readonly StreamedType[] = [
    'string',
    'int64',
    'float64',
    ...columns.features.map(({ type }) => `${type === 'number' ? 'float64' : 'string'}?` as const),
    ...columns.slices.map(() => 'string' as const),
  ];
  const writer = new DatasetWriter(columns);
  const select = {
    sql: query,
    id: `eddyline-training-data-${definition.name}`,
    comment: { pipeline: definition.name, purpose: 'training data' },
  };
  const width = columns.features.length;
  const batches = streamRows<StreamedRow>(client, select, types, {
    bounds: { ...bounds, resultRows: range.maxRows },
    ...(signal && { signal }),
  });
  for await (const batch of batches) await writer.write(batch.map((row) => toRow(row, width)));
  const dataset = await writer.finish();
  if (dataset.rows < minRows) {
    return { ok: false, rows: dataset.rows, reason: tooFew(definition.name, dataset.rows, minRows, range), query };
  }
  return { ok: true, dataset, query };
}

/** Id, time, label, features, slices. */
type StreamedRow = readonly [string, number, number, ...(number | string | null)[]];

function toRow(row: StreamedRow, features: number): DatasetRow {
  const [id, time, label] = row;
  return {
    id,
    time,
    label,
    features: row.slice(3, 3 + features).map((value) => (Number.isNaN(value) ? null : value)) as DatasetRow['features'],
    slices: row.slice(3 + features) as string[],
  };
}

function tooFew(pipeline: string, rows: number, minRows: number, { fromMs, toMs }: TrainingRange): string {
  const since = fromMs === null ? '' : ` since ${new Date(fromMs).toISOString()}`;
  const until = toMs === null ? '' : ` before ${new Date(toMs).toISOString()}`;
  return (
    `${pipeline} has ${rows} labelled events${since}${until}, a model is trained on ${minRows} at least: ` +
    'wait for labels, or change window or minRows under retrain in the pipeline file'
  );
}
