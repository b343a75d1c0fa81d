import { topicOf, type AppliedPipeline } from '#contracts';
import { compileLabel } from '#domain/labels';
import { CliFailure } from '../terminal/failure.js';
import type { RecordKind } from './record-preparation.js';

/**
 * Rows as labels of a pipeline in force, keyed by the event's id, or by its key where labels know that. A label is read as
 * the join will read it: what would be quarantined a moment later is refused here.
 *
 * @throws CliFailure when the pipeline has no labels
 */
export function labelKind({ definition, schemaIds }: Pick<AppliedPipeline, 'definition' | 'schemaIds'>): RecordKind {
  const { name, label, topics } = definition;
  if (label === undefined || schemaIds.label === undefined) {
    throw new CliFailure(`${name} has no labels; declare them in its pipeline file (label: …) and apply it`);
  }
  const read = compileLabel({ ...definition, label });
  return {
    noun: 'label',
    topic: topicOf(name, 'labels'),
    schema: label.schema,
    schemaId: schemaIds.label,
    maxMessageBytes: topics.maxMessageBytes,
    keyOf(value) {
      const reading = read({ value, ceTime: undefined, timestampMs: Date.now() });
      if (!reading.ok) return reading;
      const { event } = reading.label;
      return { ok: true, key: event.by === 'id' ? event.id : event.key };
    },
  };
}
