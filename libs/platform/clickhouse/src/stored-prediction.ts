import {
  eventColumnNames,
  featureColumnName,
  PREDICTION_COLUMNS,
  type PipelineDefinition,
  type PredictionRecord,
} from '#contracts';
import type { ColumnType } from './column-type.js';
import { predictionColumns, type LoggedPrediction } from './prediction-columns.js';
import type { RowBinaryReader } from './row-binary-reader.js';

/** How a prediction is read back from a row of the log. */
export interface StoredPrediction {
  /** Columns in the order in which `read` expects them. */
  readonly columns: readonly { readonly name: string; readonly type: ColumnType }[];
  read(reader: RowBinaryReader): LoggedPrediction;
}

/**
 * The record that a row was made from, to the bit, but for what the log's types cannot hold: times outside 1900–2299 and
 * what `fromJsonText` says of unions. A list or map that was null comes back empty.
 */
export function storedPrediction(
  definition: Pick<PipelineDefinition, 'name' | 'event' | 'features'>,
): StoredPrediction {
  const { columns, aliases } = predictionColumns(definition);
  const original = new Map(aliases.map(({ name, of }) => [name, of]));
  const columnOf = (name: string): string => original.get(name) ?? name;
  const eventColumns = [...eventColumnNames(definition)].map(([field, name]) => [field, columnOf(name)] as const);
  const featureColumns = definition.features.map(({ name }) => [name, columnOf(featureColumnName(name))] as const);

  return {
    columns,
    read(reader) {
      const row: Record<string, unknown> = {};
      for (const { name, type } of columns) row[name] = type.read(reader);
      const pick = (names: readonly (readonly [string, string])[]): Record<string, unknown> =>
        Object.fromEntries(names.map(([name, column]) => [name, row[column]]));
      return {
        record: {
          ...(pick(PREDICTION_COLUMNS.map((name) => [name, name])) as unknown as PredictionRecord),
          features: pick(featureColumns) as PredictionRecord['features'],
          // Given features alone, there was no event.
          event: row['source'] === 'infer' ? null : pick(eventColumns),
        },
        partition: row['log_partition'] as number,
        offset: row['log_offset'] as number,
        publishedAtMs: row['published_at'] as number,
      };
    },
  };
}
