import type { AvroRecordSchema } from './avro.js';

/** Value of `eddyline.monitors`, by the pipeline's name. What the state is, the engine knows; it has a version of its own. */
export const MONITOR_CHECKPOINT_SCHEMA: AvroRecordSchema = {
  type: 'record',
  name: 'MonitorCheckpoint',
  namespace: 'eddyline',
  fields: [
    { name: 'pipeline', type: 'string' },
    { name: 'tick', type: 'long', doc: 'last tick that was looked at' },
    { name: 'written_at', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'state', type: 'string', doc: 'JSON of the state of the monitors and their alerts' },
  ],
};
