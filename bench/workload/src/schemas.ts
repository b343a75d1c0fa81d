import { readFileSync } from 'node:fs';
import type { AvroRecordSchema } from '#contracts';

/** 24 fields, about 190 bytes a value. */
export const EVENT_SCHEMA = schema('event.avsc');
export const PREDICTION_SCHEMA = schema('prediction.avsc');

function schema(file: string): AvroRecordSchema {
  return JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as AvroRecordSchema;
}
