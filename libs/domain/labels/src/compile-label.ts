import type { LabelDefinition, PipelineDefinition, QuarantineReason } from '#contracts';
import { compileIdentity, eventFieldsOf } from '#domain/event-schema';

/** What is known of a label record beside its decoded value. */
export interface LabelRecord {
  readonly value: Readonly<Record<string, unknown>>;
  /** The header `ce_time`, if there is one. */
  readonly ceTime: string | undefined;
  /** Kafka timestamp, ms since epoch. */
  readonly timestampMs: number;
}

/** A label, read. */
export interface Label {
  readonly event:
    | { readonly by: 'id'; readonly id: string }
    /** Time in ms since epoch. */
    | { readonly by: 'key_and_time'; readonly key: string; readonly timeMs: number };
  /** Binary: 0 or 1. Multiclass: the class index. Regression: the value. */
  readonly value: number;
  /** When it became known, ms since epoch. */
  readonly timeMs: number;
  readonly revision: number;
}

export type LabelReading =
  | { readonly ok: true; readonly label: Label }
  | { readonly ok: false; readonly reason: QuarantineReason; readonly message: string };

type Refusal = LabelReading & { readonly ok: false };

/** What the rank of a label in ClickHouse can hold: 2^47 − 1, as ms the year 6429. */
export const LARGEST_REVISION = 2 ** 47 - 1;
/** What DateTime64 holds. */
const EARLIEST_MS = Date.UTC(1900, 0, 1);
const LATEST_MS = Date.UTC(2299, 11, 31, 23, 59, 59, 999);
const SHOWN_CHARACTERS = 60;

/** Makes the function that reads the labels of a pipeline. Whatever a label says, it is read or refused with a reason. */
export function compileLabel(
  definition: Pick<PipelineDefinition, 'event' | 'model'> & { readonly label: LabelDefinition },
): (record: LabelRecord) => LabelReading {
  const { schema, match, revision } = definition.label;
  const fields = eventFieldsOf(schema);
  const valueOf = compileValue(definition);
  const nullable = [
    ...(match.by === 'id' ? [match.field] : [match.key, match.time]),
    ...(definition.label.time === null ? [] : [definition.label.time]),
    ...(revision === null ? [] : [revision]),
  ];
  const identity = compileIdentity({
    schema,
    id: match.by === 'id' ? match.field : match.key,
    key: match.by === 'id' ? match.field : match.key,
    time: match.by === 'id' ? match.field : match.time,
  });
  const { time } = definition.label;
  const knownAt = time === null ? undefined : compileIdentity({ schema, id: time, key: time, time }).timeMsOf;

  function eventOf(value: LabelRecord['value']): Label['event'] | Refusal {
    if (match.by === 'id') {
      const id = identity.idOf(value);
      return id === ''
        ? refused('length', `${match.field} is empty; it names the event that the label is about`)
        : { by: 'id', id };
    }
    const timeMs = identity.timeMsOf(value);
    return (
      judgeTime(match.time, timeMs, value[match.time]) ?? { by: 'key_and_time', key: identity.keyOf(value), timeMs }
    );
  }

  return function readLabel(record) {
    const { value } = record;
    for (const field of nullable) {
      if (value[field] === null || value[field] === undefined) {
        return refused(
          'null_value',
          `${field} is null; ${fields.get(field)?.typeName ?? 'a value'} is needed to find out what the label is about`,
        );
      }
    }
    const label = valueOf(value[definition.label.field]);
    if (typeof label !== 'number') return label;
    const event = eventOf(value);
    if ('ok' in event) return event;
    const timeMs = knownAt === undefined ? timeOf(record) : knownAt(value);
    const wrongTime = judgeTime(time ?? 'the time of the label', timeMs, time === null ? timeMs : value[time]);
    if (wrongTime !== undefined) return wrongTime;
    const rank = revision === null ? timeMs : value[revision];
    if (typeof rank !== 'number' || !Number.isInteger(rank)) {
      return refused(
        'type',
        `${revision ?? 'the revision'} is ${shown(rank)}; the revision of a label is a whole number`,
      );
    }
    if (rank < 0 || rank > LARGEST_REVISION) {
      const mend =
        revision === null
          ? 'labels of before 1970 need a field of their own for it (label.revision)'
          : 'number the corrections of a label from 0';
      return refused('range', `the revision is ${rank}, not within 0 and ${LARGEST_REVISION}: ${mend}`);
    }
    return { ok: true, label: { event, value: label, timeMs, revision: rank } };
  };
}

/** Reads what the label says as a number. */
function compileValue({
  label: { field, values },
  model: { task },
}: Pick<PipelineDefinition, 'model'> & { readonly label: LabelDefinition }): (value: unknown) => number | Refusal {
  const isNull = (): Refusal =>
    refused('null_value', `${field} is null; leave out labels that are not known yet, and send them when they are`);
  switch (values.kind) {
    case 'boolean':
      return (value) => {
        if (value === null || value === undefined) return isNull();
        return typeof value === 'boolean'
          ? Number(value)
          : refused('type', `${field} is ${shown(value)}; the label is true or false`);
      };
    case 'classes': {
      const indexes = new Map(values.classes.map((name, index) => [name, index]));
      return (value) => {
        if (value === null || value === undefined) return isNull();
        const index = indexes.get(String(value));
        return (
          index ??
          refused(
            'set',
            `${field} is ${shown(value)}, none of the classes ${values.classes.map(shown).join(', ')} (label.values)`,
          )
        );
      };
    }
    case 'number':
      return (value) => {
        if (value === null || value === undefined) return isNull();
        if (typeof value !== 'number') return refused('type', `${field} is ${shown(value)}; the label is a number`);
        if (!Number.isFinite(value)) return refused('not_finite', `${field} is ${value}; a label is a finite number`);
        if (task === 'binary-classification' && value !== 0 && value !== 1) {
          return refused('set', `${field} is ${value}; the label of a binary classification is 0 or 1`);
        }
        if (task === 'multiclass-classification' && !(Number.isInteger(value) && value >= 0)) {
          return refused('set', `${field} is ${value}; the label is the index of a class, from 0`);
        }
        return value;
      };
  }
}

function timeOf({ ceTime, timestampMs }: LabelRecord): number {
  const timeMs = ceTime === undefined ? Number.NaN : Date.parse(ceTime);
  return Number.isNaN(timeMs) ? timestampMs : timeMs;
}

function judgeTime(what: string, timeMs: number, value: unknown): Refusal | undefined {
  if (Number.isNaN(timeMs))
    return refused('type', `${what} is ${shown(value)}, which is no time; ISO 8601 such as 2026-01-31T12:00:00Z is`);
  if (timeMs < EARLIEST_MS || timeMs > LATEST_MS) {
    return refused('range', `${what} is ${shown(value)}, not within the years 1900 to 2299; is its unit another?`);
  }
  return undefined;
}

function refused(reason: QuarantineReason, message: string): Refusal {
  return { ok: false, reason, message };
}

function shown(value: unknown): string {
  const text =
    typeof value === 'string' ? `"${value}"` : typeof value === 'object' ? 'a compound value' : String(value);
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}
