import { HEADER, type LabelDefinition, type PipelineDefinition } from '#contracts';
import { compileLabel, type Label } from '#domain/labels';
import type { StageRecord } from '#platform/kafka';
import { quarantine, type Quarantined } from '#platform/outcomes';
import type { Waiting } from './waiting-label.js';

/** A label that can be looked for. */
export interface ReadLabel {
  readonly kind: 'label';
  readonly record: StageRecord;
  readonly label: Label;
  readonly waiting: Waiting;
}

/** Makes the step that finds out what a label says and of which event. */
export function createReadLabelStep(definition: PipelineDefinition & { readonly label: LabelDefinition }) {
  const read = compileLabel(definition);
  return function readLabelStep(record: StageRecord, waiting: Waiting): ReadLabel | Quarantined {
    const reading = read({
      value: record.value,
      ceTime: record.headers[HEADER.ceTime]?.toString(),
      timestampMs: waiting.origin.timestampMs,
    });
    if (!reading.ok) return quarantine(reading.reason, `${reading.message}.`, waiting.origin);
    return { kind: 'label', record, label: reading.label, waiting };
  };
}
