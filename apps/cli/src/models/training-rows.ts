import type { PipelineDefinition } from '#contracts';
import { compileFeatures, FeatureFailure, type FeatureValue } from '#domain/features';
import { compileJsonEvent } from '#domain/json-events';
import { csvTyping } from '../publish/csv-typing.js';
import type { EventSource } from '../publish/event-source.js';
import { CliFailure } from '../terminal/failure.js';

export interface TrainingRows {
  readonly rows: readonly (readonly FeatureValue[])[];
  readonly labels: readonly number[];
  /** Rows that are no events, have no label or no features; left out, with the first few reasons. */
  readonly skipped: number;
  readonly problems: readonly string[];
}

const MOST_PROBLEMS = 5;

/**
 * Reads labelled events and computes their features by the very functions that serve them, so that a model meets in
 * production what it was trained on.
 * @param most rows that are read, the first ones
 */
export async function readTrainingRows(
  source: EventSource,
  definition: PipelineDefinition,
  labelColumn: string,
  most: number,
): Promise<TrainingRows> {
  if (source.columns && !source.columns.includes(labelColumn)) {
    throw new CliFailure(`the file has no column ${labelColumn} (it has ${source.columns.join(', ')})`);
  }
  const typed = source.format === 'csv' ? csvTyping(definition.event.schema) : ofSchema(definition);
  const toEvent = compileJsonEvent(definition.event.schema);
  const featuresOf = compileFeatures(definition);
  const rows: FeatureValue[][] = [];
  const labels: number[] = [];
  const problems: string[] = [];
  let read = 0;
  const skip = (line: number, why: string): void => void problems.push(`line ${line}: ${why}`);
  for await (const row of source.rows) {
    if (++read > most) break;
    if (row.kind === 'unreadable') {
      skip(row.line, row.message);
      continue;
    }
    const label = labelOf(row.fields[labelColumn]);
    const event = toEvent(typed(row.fields));
    if (label === undefined) skip(row.line, `the label ${labelColumn} must be 0 or 1`);
    else if (!event.ok) skip(row.line, event.errors.map(({ pointer, message }) => `${pointer} ${message}`).join('; '));
    else {
      const features = featuresOf(event.event);
      if (features instanceof FeatureFailure) skip(row.line, features.message);
      else {
        rows.push(features);
        labels.push(label);
      }
    }
  }
  return { rows, labels, skipped: problems.length, problems: problems.slice(0, MOST_PROBLEMS) };
}

/** NDJSON lines hold the label beside the event's fields; the event has no place for it. */
function ofSchema({
  event,
}: PipelineDefinition): (fields: Readonly<Record<string, unknown>>) => Record<string, unknown> {
  const names = new Set(event.schema.fields.map(({ name }) => name));
  return (fields) => Object.fromEntries(Object.entries(fields).filter(([name]) => names.has(name)));
}

function labelOf(value: unknown): 0 | 1 | undefined {
  const text = String(value).toLowerCase();
  if (text === '1' || text === 'true') return 1;
  return text === '0' || text === 'false' ? 0 : undefined;
}
