/** Closed list of reason codes in quarantine headers, problem details and the `quarantine` table. */
export const QUARANTINE_REASONS = {
  empty_value: 'the record has no value',
  not_avro: 'the value is not in the Confluent wire format (0x00, schema id, Avro body)',
  unknown_schema: 'the schema id is not in the registry',
  incompatible_schema: 'the writer schema cannot be read as the schema of the pipeline',
  truncated: 'the Avro body ends too early or has bytes left over',
  missing_field: 'a required field is missing',
  null_value: 'a value is null where one is required',
  not_finite: 'a number is NaN or infinite',
  type: 'a value has the wrong type',
  range: 'a number is outside its bounds',
  set: 'a value is not in the allowed set',
  pattern: 'a string does not match its pattern',
  length: 'a string has the wrong length',
  rule: 'a rule of the pipeline does not hold',
  rule_error: 'a rule of the pipeline could not be evaluated',
  late: 'the event time is too far behind the stream',
  ahead: 'the event time is too far ahead of when the event was published',
  outlier: 'a value is an outlier against its running reference',
  too_large: 'the record is larger than the topic takes',
  feature_error: 'a feature could not be computed',
  orphan_label: 'no prediction of the event that the label is about came in time',
  model_error: 'the model refused the features or returned no usable score',
} as const;

export type QuarantineReason = keyof typeof QUARANTINE_REASONS;
