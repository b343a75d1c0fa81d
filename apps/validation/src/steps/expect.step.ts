import type { QuarantineReason } from '#contracts';
import type { CheckContext, Expectations } from '#domain/expectations';
import type { StageRecord } from '#platform/kafka';
import type { PartitionState } from '../state/partition-state.js';

/** An event held against the expectations of its pipeline. */
export interface CheckedEvent {
  /** The event as it is passed on: with imputed values, if any. */
  readonly event: Readonly<Record<string, unknown>>;
  readonly imputed: boolean;
  /** Names of expectations that flag or impute and were violated. */
  readonly flags: readonly string[];
  /** Why the event is set aside; null: it is passed on. */
  readonly refused: { readonly reason: QuarantineReason; readonly message: string } | null;
}

const NO_FLAGS: readonly string[] = [];

/** @param expectationsOf what an event is held against; by its key where a rule is switched off for some */
export function createExpectStep(expectationsOf: (event: StageRecord['value']) => Expectations) {
  // One object for all events: nothing keeps it beyond the call.
  const context: CheckContext = { watermarkMs: 0, recordTimestampMs: 0, outliers: null };

  return function expectStep(record: StageRecord, state: PartitionState): CheckedEvent {
    context.watermarkMs = state.watermarkMs;
    context.recordTimestampMs = record.timestampMs;
    context.outliers = state.outliers;
    const violations = expectationsOf(record.value).check(record.value, context);
    if (violations === null) return { event: record.value, imputed: false, flags: NO_FLAGS, refused: null };
    const { event, flags, quarantine } = violations;
    return { event, imputed: event !== record.value, flags, refused: quarantine };
  };
}
