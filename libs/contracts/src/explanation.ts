import type { AvroRecordSchema } from './avro.js';

/** Why a prediction came out as it did; the value on `<p>.explanations`. Times in ms since epoch. */
export interface ExplanationRecord {
  readonly event_id: string;
  readonly event_time: number;
  readonly model_version: string;
  readonly role: string;
  /** Position of the prediction on `<p>.predictions`. */
  readonly prediction_partition: number;
  readonly prediction_offset: number;
  /** `tree_shap` and `linear_shap` are exact; `sampling_shap` is an estimate. */
  readonly method: 'tree_shap' | 'linear_shap' | 'sampling_shap';
  /** What is explained: `log_odds`, `class_margin` (before softmax), `value` or `probability`. */
  readonly unit: string;
  /** The model's output over its reference rows; it and all contributions add up to `output`. */
  readonly base_value: number;
  readonly output: number;
  /** Every feature's contribution, in the pipeline's order. */
  readonly contributions: readonly { readonly feature: string; readonly contribution: number }[];
  /** `sample`: the event is in the sample of all; `when`: it is not, and the expression `explain.when` holds. */
  readonly why: 'when' | 'sample';
  readonly explained_at: number;
  readonly trace_id: string;
}

const timestamp = { type: 'long', logicalType: 'timestamp-millis' } as const;

/** Schema of `<p>.explanations`; the same for every pipeline. */
export const EXPLANATION_SCHEMA: AvroRecordSchema = {
  type: 'record',
  name: 'Explanation',
  namespace: 'eddyline',
  fields: [
    { name: 'event_id', type: 'string' },
    { name: 'event_time', type: timestamp },
    { name: 'model_version', type: 'string' },
    { name: 'role', type: 'string' },
    { name: 'prediction_partition', type: 'int' },
    { name: 'prediction_offset', type: 'long' },
    { name: 'method', type: 'string' },
    { name: 'unit', type: 'string' },
    { name: 'base_value', type: 'double' },
    { name: 'output', type: 'double' },
    {
      name: 'contributions',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'Contribution',
          fields: [
            { name: 'feature', type: 'string' },
            { name: 'contribution', type: 'double' },
          ],
        },
      },
    },
    { name: 'why', type: 'string' },
    { name: 'explained_at', type: timestamp },
    { name: 'trace_id', type: 'string' },
  ],
};
