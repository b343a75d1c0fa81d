import type { PipelineDefinition } from '#contracts';
import { eventFieldsOf } from '#domain/event-schema';
import { describeTime, describeValue } from './describe-value.js';
import type { Event } from './event.js';
import type { Check } from './violation.js';

/** What the tables' time columns can hold: the years 1900 to 2299. */
const EARLIEST_MS = Date.UTC(1900, 0, 1);
const LATEST_MS = Date.UTC(2300, 0, 1) - 1;

/** What every event must meet, whether the pipeline file says so or not: finite numbers and a time that is one. */
export function compileSoundnessChecks(
  { schema, time }: PipelineDefinition['event'],
  timeMsOf: (event: Event) => number,
): readonly Check[] {
  const numbers = [...eventFieldsOf(schema).values()].filter(({ kind }) => kind === 'number');
  return [timeCheck(time, timeMsOf), ...numbers.map(({ name }) => finiteCheck(name))];
}

function finiteCheck(field: string): Check {
  return {
    name: `${field}.finite`,
    on: 'quarantine',
    violates(event) {
      const value = event[field];
      // Every finite number less itself is zero; of NaN and the infinities it is NaN. Null is no number.
      return typeof value === 'number' && value - value !== 0;
    },
    describe: (event) => ({
      reason: 'not_finite',
      sentence: `${field} is ${String(event[field])}, not a finite number`,
    }),
  };
}

function timeCheck(field: string, timeMsOf: (event: Event) => number): Check {
  return {
    name: `${field}.time`,
    on: 'quarantine',
    violates(event) {
      const timeMs = timeMsOf(event);
      return !(timeMs >= EARLIEST_MS && timeMs <= LATEST_MS);
    },
    describe(event) {
      const timeMs = timeMsOf(event);
      if (Number.isNaN(timeMs)) {
        return { reason: 'type', sentence: `${field} is ${describeValue(event[field])}, not an ISO 8601 time` };
      }
      const sentence = `${field} is ${describeTime(timeMs)}, outside the years 1900 to 2299; check the unit of the timestamp`;
      return { reason: 'range', sentence };
    },
  };
}
