import type { DatasetContent } from '#platform/training-data';
import { parquetWriteFile } from 'hyparquet-writer';
import { COLUMNS, featureColumnsOf } from './trainer-spec.js';

/**
 * Rows as Parquet: `event_id`, `event_time`, `label` and `feature_<name>`s, doubles or strings, null where a feature is missing.
 * Keeps the event loop for as long as it takes: for a worker or a command.
 */
export function writeTrainingFile(path: string, { features, rows }: Pick<DatasetContent, 'features' | 'rows'>): void {
  parquetWriteFile({
    filename: path,
    columnData: [
      { name: COLUMNS.id, data: rows.map(({ id }) => id), type: 'STRING', nullable: false },
      { name: COLUMNS.time, data: rows.map(({ time }) => BigInt(time)), type: 'TIMESTAMP', nullable: false },
      { name: COLUMNS.label, data: rows.map(({ label }) => label), type: 'DOUBLE', nullable: false },
      ...featureColumnsOf({ features }).map(({ column, type }, at) => ({
        name: column,
        data: rows.map((row) => row.features[at]!),
        type: type === 'number' ? ('DOUBLE' as const) : ('STRING' as const),
      })),
    ],
  });
}
