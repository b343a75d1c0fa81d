import type { Expectation } from '#contracts';
import { describeDuration, describeTime } from './describe-value.js';
import type { Event } from './event.js';
import type { Check } from './violation.js';

/** Late against the newest event of the partition, ahead against when the event was published. Bounds are inclusive. */
export function compileTimelinessCheck(
  expectation: Extract<Expectation, { kind: 'timeliness' }>,
  timeMsOf: (event: Event) => number,
): Check {
  const { name, on, field } = expectation;
  const maxLatenessMs = expectation.maxLatenessMs ?? Number.POSITIVE_INFINITY;
  const maxAheadMs = expectation.maxAheadMs ?? Number.POSITIVE_INFINITY;
  return {
    name,
    on,
    violates(event, { watermarkMs, recordTimestampMs }) {
      const timeMs = timeMsOf(event);
      return timeMs < watermarkMs - maxLatenessMs || timeMs > recordTimestampMs + maxAheadMs;
    },
    describe(event, { watermarkMs, recordTimestampMs }) {
      const timeMs = timeMsOf(event);
      const subject = `${field} is ${describeTime(timeMs)}`;
      if (timeMs < watermarkMs - maxLatenessMs) {
        const behind = `${describeDuration(watermarkMs - timeMs)} behind the newest event of its partition (${describeTime(watermarkMs)})`;
        return { reason: 'late', sentence: `${subject}, ${behind}; accepted are ${describeDuration(maxLatenessMs)}` };
      }
      const ahead = `${describeDuration(timeMs - recordTimestampMs)} after it was published (${describeTime(recordTimestampMs)})`;
      return { reason: 'ahead', sentence: `${subject}, ${ahead}; accepted are ${describeDuration(maxAheadMs)}` };
    },
  };
}
