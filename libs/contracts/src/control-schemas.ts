import type { AvroRecordSchema } from './avro.js';

/** Value of `eddyline.pipelines`. The definition itself is JSON text: its shape is versioned by the pipeline file, not by Avro. */
export const APPLIED_PIPELINE_SCHEMA: AvroRecordSchema = {
  type: 'record',
  name: 'AppliedPipeline',
  namespace: 'eddyline',
  fields: [
    { name: 'name', type: 'string' },
    { name: 'revision', type: 'int' },
    { name: 'sha256', type: 'string' },
    { name: 'applied_at', type: 'string' },
    { name: 'applied_by', type: 'string' },
    { name: 'event_schema_id', type: 'int' },
    { name: 'prediction_schema_id', type: 'int' },
    {
      name: 'other_schema_ids',
      type: 'string',
      default: '{}',
      doc: 'JSON: of labels, outcomes and alerts, where there are any',
    },
    { name: 'definition', type: 'string', doc: 'JSON of PipelineDefinition' },
  ],
};

/** Value of `eddyline.registry`. */
export const REGISTRY_ENTRY_SCHEMA: AvroRecordSchema = {
  type: 'record',
  name: 'RegistryEntry',
  namespace: 'eddyline',
  fields: [
    { name: 'pipeline', type: 'string' },
    { name: 'kind', type: 'string', doc: 'version, serving, lifecycle or flags' },
    { name: 'recorded_at', type: 'string' },
    { name: 'recorded_by', type: 'string' },
    { name: 'body', type: 'string', doc: 'JSON of RegistryEntry' },
  ],
};
