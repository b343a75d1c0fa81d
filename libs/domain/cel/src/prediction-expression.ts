import type { AvroRecordSchema, PredictionRecord } from '#contracts';
import { compileOver, type CelCompileResult } from './compile-expression.js';

type Seen = Extract<keyof PredictionRecord, 'score' | 'decision' | 'flags' | 'model_version' | 'role'>;

const TYPES: Readonly<Record<Seen, AvroRecordSchema['fields'][number]['type']>> = {
  score: 'double',
  decision: 'string',
  flags: { type: 'array', items: 'string' },
  model_version: 'string',
  role: 'string',
};

/** What an expression may ask of a prediction: the same for every pipeline. */
const PREDICTION: AvroRecordSchema = {
  type: 'record',
  name: 'Prediction',
  fields: Object.entries(TYPES).map(([name, type]) => ({ name, type })),
};

/** Compiles an expression over `prediction`; evaluate it with a PredictionRecord. */
export function compilePredictionExpression(expression: string): CelCompileResult {
  return compileOver('prediction', PREDICTION, expression);
}
