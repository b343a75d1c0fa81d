import { featureColumnName, type ModelTask } from '#contracts';
import type { DatasetColumns } from '#platform/training-data';

/** What is asked of a trainer; `spec.json`, whose path is its last argument. Paths are absolute. */
export interface TrainerSpec {
  readonly protocol: 'eddyline.trainer/1';
  readonly pipeline: string;
  readonly task: ModelTask;
  /** Multiclass: how many classes there are; else null. */
  readonly classes: number | null;
  /** In the order of the model's inputs; `column` is the feature's column in the Parquet file. */
  readonly features: readonly { readonly name: string; readonly type: 'number' | 'string'; readonly column: string }[];
  /** The Parquet file's other columns. */
  readonly columns: { readonly id: string; readonly time: string; readonly label: string };
  /** In the Parquet file, in the order of time. */
  readonly rows: number;
  /** Newer rows that no training may see; they are not in the file. */
  readonly holdoutRows: number;
  readonly seed: number;
  /** By which the model is judged. */
  readonly metric: string;
  readonly files: { readonly training: string; readonly model: string; readonly metrics: string };
}

export const SPEC_FILE = 'spec.json';
export const TRAINING_FILE = 'training.parquet';
export const MODEL_FILE = 'model.onnx';
export const METRICS_FILE = 'metrics.json';
export const LOG_FILE = 'trainer.log';

/** Names that no feature's column has: those begin with `feature_`. */
export const COLUMNS = { id: 'event_id', time: 'event_time', label: 'label' } as const;

export function featureColumnsOf({ features }: Pick<DatasetColumns, 'features'>): TrainerSpec['features'] {
  return features.map(({ name, type }) => ({ name, type, column: featureColumnName(name) }));
}
