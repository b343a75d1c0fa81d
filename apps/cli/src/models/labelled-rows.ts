import type { PipelineDefinition } from '#contracts';
import { compileIdentity } from '#domain/event-schema';
import { compileFeatures, FeatureFailure, type FeatureValue } from '#domain/features';
import { compileJsonEvent } from '#domain/json-events';
import { csvTyping } from '../publish/csv-typing.js';
import type { EventSource } from '../publish/event-source.js';
import { CliFailure } from '../terminal/failure.js';
import { labelReaderOf } from './label-reader.js';

export interface LabelledRow {
  /** Of the event. */
  readonly id: string;
  /** In the order of the pipeline's features. */
  readonly features: readonly FeatureValue[];
  /** As OutcomeRecord's `label`; null where it is not known. */
  readonly label: number | null;
  /** Event time, ms since epoch; NaN where it is none. */
  readonly timeMs: number;
}

/** Rows that are no events, have no features or a label that is none: left out, with the first few reasons. */
export interface LeftOut {
  readonly skipped: number;
  readonly problems: readonly string[];
}

export interface RowSelection {
  /** Null: labels are not known. */
  readonly labelColumn: string | null;
  /** Leave out rows whose label is not known. */
  readonly labelled: boolean;
  /** Rows that are read, the first ones. */
  readonly most: number;
}

const MOST_PROBLEMS = 5;

/**
 * Reads events with their labels and computes their features by the very functions that serve them, so that a model meets
 * in production what it was trained on.
 */
export async function readLabelledRows(
  source: EventSource,
  definition: PipelineDefinition,
  { labelColumn, labelled, most }: RowSelection,
  take: (row: LabelledRow) => void,
): Promise<LeftOut> {
  if (labelColumn !== null && source.columns && !source.columns.includes(labelColumn)) {
    throw new CliFailure(`the file has no column ${labelColumn} (it has ${source.columns.join(', ')})`);
  }
  const typed = source.format === 'csv' ? csvTyping(definition.event.schema) : ofSchema(definition);
  const toEvent = compileJsonEvent(definition.event.schema);
  const featuresOf = compileFeatures(definition);
  const { idOf, timeMsOf } = compileIdentity(definition.event);
  const labels = labelReaderOf(definition);
  const problems: string[] = [];
  let skipped = 0;
  let read = 0;
  const skip = (line: number, why: string): void => {
    skipped++;
    if (problems.length < MOST_PROBLEMS) problems.push(`line ${line}: ${why}`);
  };
  for await (const row of source.rows) {
    if (++read > most) break;
    if (row.kind === 'unreadable') {
      skip(row.line, row.message);
      continue;
    }
    const label = labelColumn === null ? null : labels.read(row.fields[labelColumn]);
    const event = toEvent(typed(row.fields));
    if (label === undefined || (label === null && labelled)) {
      skip(row.line, `the label ${labelColumn} ${labels.expected}`);
    } else if (!event.ok) {
      skip(row.line, event.errors.map(({ pointer, message }) => `${pointer} ${message}`).join('; '));
    } else {
      const features = featuresOf(event.event);
      if (features instanceof FeatureFailure) skip(row.line, features.message);
      else take({ id: idOf(event.event), features, label, timeMs: timeMsOf(event.event) });
    }
  }
  return { skipped, problems };
}

/** NDJSON lines hold the label beside the event's fields; the event has no place for it. */
function ofSchema({
  event,
}: PipelineDefinition): (fields: Readonly<Record<string, unknown>>) => Record<string, unknown> {
  const names = new Set(event.schema.fields.map(({ name }) => name));
  return (fields) => Object.fromEntries(Object.entries(fields).filter(([name]) => names.has(name)));
}
