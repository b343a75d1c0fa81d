import { formatDuration } from '../terminal/quantities.js';
import type { Complaint } from './finding.js';

/** How far another clock is ahead of this machine's, give or take `uncertainMs`. */
export interface ClockReading {
  readonly aheadMs: number;
  readonly uncertainMs: number;
}

/** Beyond this, ages and delays that are measured between machines are visibly wrong. */
const NOTICEABLE_MS = 1_000;
/** Beyond this, expectations on event time (`maxAhead`, `maxLateness`) take good events for bad. */
const HARMFUL_MS = 30_000;

/** What a clock's distance comes to: nothing, or a complaint of that severity. */
export function judgeClock(
  subject: string,
  { aheadMs, uncertainMs }: ClockReading,
): { readonly severity: 'warn' | 'fail'; readonly complaint: Complaint } | undefined {
  const apartMs = Math.abs(aheadMs) - uncertainMs;
  if (apartMs <= NOTICEABLE_MS) return undefined;
  const actual = `${formatDuration(apartMs)} ${aheadMs > 0 ? 'ahead of' : 'behind'} this machine`;
  return {
    severity: apartMs > HARMFUL_MS ? 'fail' : 'warn',
    complaint: {
      subject,
      message: `its clock is ${actual}: ages, lateness and retention are measured wrongly`,
      actual,
      expected: `within ${formatDuration(NOTICEABLE_MS)}`,
      cure: 'set both clocks by NTP (chronyc tracking says how far a machine is off)',
    },
  };
}
