import type { AvroField } from './avro.js';
import type { PipelineDefinition } from './pipeline-definition.js';
import type { PredictionRecord } from './prediction.js';

/** Names that analysts, monitors and dashboards read the log by. */

/** Columns of `predictions` that every pipeline has, beside its event's fields and its features. */
export const PREDICTION_COLUMNS = [
  'event_id',
  'event_key',
  'event_time',
  'model',
  'model_version',
  'model_sha256',
  'role',
  'propensity',
  'flags',
  'score',
  'class_scores',
  'decision',
  'threshold',
  'reasons',
  'predicted_at',
  'scoring_ms',
  'trace_id',
  'source',
  'input_topic',
  'input_partition',
  'input_offset',
  'pipeline_revision',
] as const satisfies readonly (keyof PredictionRecord)[];

/** Columns that tell where a prediction's record lies on its topic, and when its event was published. */
export const PREDICTION_LOG_COLUMNS = ['log_partition', 'log_offset', 'published_at'] as const;

/** Columns of `outcomes` before those of the prediction. */
export const OUTCOME_COLUMNS = [
  'label',
  'label_time',
  'label_revision',
  'label_rank',
  'label_late',
  'label_partition',
  'label_offset',
  'joined_at',
  'outcome_partition',
  'outcome_offset',
] as const;

/** Every feature can be asked for by this name. */
export function featureColumnName(feature: string): string {
  return `feature_${feature}`;
}

/** Column of each field of the event, by the field's name; `event_` stands before those whose name is another column's. */
export function eventColumnNames({
  event,
  features,
}: Pick<PipelineDefinition, 'event' | 'features'>): ReadonlyMap<string, string> {
  const others = new Set<string>([
    ...PREDICTION_COLUMNS,
    ...PREDICTION_LOG_COLUMNS,
    ...OUTCOME_COLUMNS,
    ...features.map(({ name }) => featureColumnName(name)),
  ]);
  const taken = new Set([...others, ...event.schema.fields.map(({ name }) => name)]);
  const names = new Map<string, string>();
  for (const field of event.schema.fields) {
    let name = field.name;
    if (others.has(name) && recordColumnOf(field, event) !== name) {
      while (taken.has(name)) name = `event_${name}`;
      taken.add(name);
    }
    names.set(field.name, name);
  }
  return names;
}

/** The column of the record that holds exactly this field's value, or undefined; a field of its name has no other column. */
export function recordColumnOf(
  { name, type }: AvroField,
  event: PipelineDefinition['event'],
): 'event_id' | 'event_key' | 'event_time' | undefined {
  if (type === 'string' && name === event.id) return 'event_id';
  if (type === 'string' && name === event.key) return 'event_key';
  const isMillis =
    typeof type === 'object' &&
    'logicalType' in type &&
    type.type === 'long' &&
    type.logicalType === 'timestamp-millis';
  return isMillis && name === event.time ? 'event_time' : undefined;
}

/** Bare where that reads well, in backticks where it must be. */
export function sqlIdentifier(name: string): string {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) && !RESERVED.has(name.toLowerCase())
    ? name
    : `\`${name.replace(/[\\`]/g, (c) => `\\${c}`)}\``;
}

export function sqlString(text: string): string {
  return `'${text.replace(/[\\']/g, (c) => `\\${c}`)}'`;
}

/** Names that begin something else where a column definition is expected. */
const RESERVED = new Set([
  'index',
  'constraint',
  'projection',
  'primary',
  'statistics',
  'interval',
  'date',
  'timestamp',
]);

/** An event that claims to be of later than this after its scoring is believed in everything but its time: it moves no clock of the log. */
export const AHEAD_MS = 3_600_000;
