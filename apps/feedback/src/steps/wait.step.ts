import { topicOf, type AppliedPipeline } from '#contracts';
import { judgeWait, type WaitPatience } from '#domain/labels';
import { emit, quarantine, type Outcome } from '#platform/outcomes';
import type { ReadLabel } from './read-label.step.js';
import { waitHeaders } from './waiting-label.js';

/** Makes the step that decides on a label whose prediction is not in the log: it waits, or is given up. */
export function createWaitStep({ definition: { name } }: AppliedPipeline, patience: WaitPatience) {
  const topic = topicOf(name, 'label-retries');

  /** @param logClockMs as it was before the prediction was looked for */
  return function waitStep({ record, label, waiting }: ReadLabel, logClockMs: number, nowMs: number): Outcome {
    const { sinceMs, attempt, origin } = waiting;
    const verdict = judgeWait({ labelTimeMs: label.timeMs, sinceMs, attempt }, logClockMs, nowMs, patience);
    if (verdict.kind === 'orphan') return quarantine('orphan_label', `${explain(label, verdict.because)}.`, origin);
    return emit({
      topic,
      partition: record.partition,
      key: record.key,
      value: record.raw,
      headers: waitHeaders({ origin, sinceMs, attempt: attempt + 1, notBeforeMs: nowMs + verdict.delayMs }),
      // Its own, not the label's: what waits must not be deleted for its age before it was looked at.
      timestampMs: nowMs,
    });
  };

  function explain({ event, timeMs }: ReadLabel['label'], because: 'log_passed' | 'waited'): string {
    const what =
      event.by === 'id'
        ? `the event "${event.id}"`
        : `an event "${event.key}" at ${new Date(event.timeMs).toISOString()}`;
    const how =
      because === 'log_passed'
        ? `the log has gone ${patience.withinMs / 1_000} s (label.within) beyond the label's time, ${new Date(timeMs).toISOString()}`
        : `it has waited ${patience.withinMs / 1_000} s (label.within)`;
    return `No prediction of ${what} came to the log, and ${how}; when the event is scored yet, replay the label`;
  }
}
