import type { AvroRecordSchema } from './avro.js';
import type { PipelineDefinition } from './pipeline-definition.js';
import { predictionSchemaOf, type PredictionRecord } from './prediction.js';

/** A label with the prediction that it is about; the value on `<p>.outcomes`. Times in ms since epoch. */
export interface OutcomeRecord {
  readonly event_id: string;
  /** Binary: 0 or 1. Multiclass: the class index. Regression: the value. */
  readonly label: number;
  /** When the label became known. */
  readonly label_time: number;
  /** Of the labels of an event the one with the highest revision holds. */
  readonly label_revision: number;
  /** It became known later after its event than the pipeline waits. */
  readonly label_late: boolean;
  /** Position of the label on `<p>.labels`. */
  readonly label_partition: number;
  readonly label_offset: number;
  /** When label and prediction were brought together; wall clock. */
  readonly joined_at: number;
  /** When the event was published, and where its prediction lies on `<p>.predictions`. */
  readonly published_at: number;
  readonly prediction_partition: number;
  readonly prediction_offset: number;
  readonly prediction: PredictionRecord;
}

/** Schema of `<p>.outcomes`. */
export function outcomeSchemaOf(definition: Pick<PipelineDefinition, 'name' | 'features' | 'event'>): AvroRecordSchema {
  const timestamp = { type: 'long', logicalType: 'timestamp-millis' } as const;
  return {
    type: 'record',
    name: 'Outcome',
    namespace: `eddyline.${definition.name.replaceAll('-', '_')}`,
    fields: [
      { name: 'event_id', type: 'string' },
      { name: 'label', type: 'double' },
      { name: 'label_time', type: timestamp },
      { name: 'label_revision', type: 'long' },
      { name: 'label_late', type: 'boolean' },
      { name: 'label_partition', type: 'int' },
      { name: 'label_offset', type: 'long' },
      { name: 'joined_at', type: timestamp },
      { name: 'published_at', type: timestamp },
      { name: 'prediction_partition', type: 'int' },
      { name: 'prediction_offset', type: 'long' },
      { name: 'prediction', type: predictionSchemaOf(definition) },
    ],
  };
}
