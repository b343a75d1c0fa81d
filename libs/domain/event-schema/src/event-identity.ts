import type { PipelineDefinition } from '#contracts';
import { eventFieldsOf } from './event-fields.js';

/** Reads an event's identity by the fields that its pipeline names. */
export interface EventIdentity {
  /** The event's id as text. */
  readonly idOf: (event: Readonly<Record<string, unknown>>) => string;
  /** The Kafka key as text. */
  readonly keyOf: (event: Readonly<Record<string, unknown>>) => string;
  /** Event time in ms since epoch; NaN when the value is no time (possible for ISO 8601 strings only). */
  readonly timeMsOf: (event: Readonly<Record<string, unknown>>) => number;
}

type EventReader<T> = (event: Readonly<Record<string, unknown>>) => T;

export function compileIdentity(event: PipelineDefinition['event']): EventIdentity {
  return { idOf: textReader(event.id), keyOf: textReader(event.key), timeMsOf: timeReader(event) };
}

function textReader(field: string): EventReader<string> {
  return (event) => {
    const value = event[field];
    return typeof value === 'string' ? value : String(value);
  };
}

function timeReader({ schema, time }: PipelineDefinition['event']): EventReader<number> {
  const unitsPerMs = eventFieldsOf(schema).get(time)?.unitsPerMs ?? 1;
  return (event) => {
    const value = event[time];
    if (typeof value === 'number') return unitsPerMs === 1 ? value : Math.floor(value / unitsPerMs);
    if (value instanceof Date) return value.getTime();
    return typeof value === 'string' ? Date.parse(value) : Number.NaN;
  };
}
