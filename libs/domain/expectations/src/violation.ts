import type { QuarantineReason, ViolationAction } from '#contracts';
import type { Event } from './event.js';
import type { OutlierReference } from './outlier-reference.js';

/** One expectation that an event does not meet. */
export interface Violation {
  /** Name of the expectation; for what every event must meet, the field and `finite` or `time`. */
  readonly name: string;
  readonly on: ViolationAction;
  readonly reason: QuarantineReason;
  /** Field, value and bound, for a person: `nsw_price is 1.7, above its maximum 1`. */
  readonly sentence: string;
}

/** What was found wrong with an event. */
export interface Violations {
  readonly all: readonly Violation[];
  /** Reason of the first violation that quarantines, with a sentence that names them all; null: the event is accepted. */
  readonly quarantine: { readonly reason: QuarantineReason; readonly message: string } | null;
  /** Names of the violated expectations with `flag` or `impute`, the imputed ones first. */
  readonly flags: readonly string[];
  /** The event with imputed values in place; the very event that was checked when nothing was imputed. */
  readonly event: Event;
}

/** What checks know beside the event. Callers may reuse one object. */
export interface CheckContext {
  /** Newest accepted event time of the partition, ms since epoch; -Infinity before the first event. */
  watermarkMs: number;
  /** Kafka timestamp of the record: when the event was published, ms since epoch. */
  recordTimestampMs: number;
  /** Reference values of the partition; null: outliers are not judged. */
  outliers: OutlierReference | null;
}

/** An expectation, compiled. `violates` is on the hot path and allocates nothing; `describe` is called when it said yes. */
export interface Check {
  readonly name: string;
  readonly on: ViolationAction;
  violates(event: Event, context: CheckContext): boolean;
  describe(event: Event, context: CheckContext): Pick<Violation, 'reason' | 'sentence'>;
}
