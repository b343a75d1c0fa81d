import { databaseOf, sqlIdentifier, sqlString, type PipelineDefinition, type RolloutState } from '#contracts';
import { countIn, instant, numberIn, within, type QueryRow } from '#domain/monitors';
import { comparedIn, type ComparedSpan } from './paired-rows.js';

/** How far the step is that a rollout is in. */
export interface RolloutProgress {
  /** Events of the step that the challenger should have scored too, had time enough to be loaded. */
  readonly events: number;
  /** Events of the step that both scored, and that have a label besides. */
  readonly compared: number;
  readonly labelled: number;
  /** Event time within which 95 of 100 labels came; null: none has come yet, or none will. */
  readonly labelDelayMs: number | null;
}

/** Labels are not always as late as today's: so much before the rollout is looked at too. */
const DELAY_LOOKS_BACK_MS = 7 * 86_400_000;

/**
 * Wall clock within which a challenger is fetched and warmed up, generously. In event time there is no such bound: a replay passes
 * weeks in it.
 */
const LOADED_WITHIN_MS = 30_000;

/**
 * One row for `toRolloutProgress`.
 *
 * @param appointedAtMs wall clock at which the challenger was appointed; null: there is none
 */
export function progressQuery(
  pipeline: PipelineDefinition,
  rollout: RolloutState,
  clock: number,
  appointedAtMs: number | null,
): string {
  const span: ComparedSpan = { startMs: rollout.stepStartedAt, endMs: Math.max(rollout.stepStartedAt, clock) };
  const database = sqlIdentifier(databaseOf(pipeline.name));
  const scored =
    appointedAtMs === null
      ? '0'
      : `(SELECT uniqExact(event_time, event_id) FROM ${database}.predictions WHERE ${within('event_time', span)}` +
        ` AND model_version IN (${sqlString(rollout.version)}, ${sqlString(rollout.against)})` +
        ` AND predicted_at >= ${instant(appointedAtMs + LOADED_WITHIN_MS)})`;
  const compared = comparedIn(pipeline, rollout, span);
  const pairs = `(SELECT countIf(paired) FROM ${compared})`;
  if (pipeline.label === undefined) {
    return `SELECT ${scored} AS events, ${pairs} AS compared, 0 AS labelled, NULL AS label_delay_ms`;
  }
  const labels = `(SELECT event_time, event_id FROM ${database}.outcomes_latest WHERE ${within('event_time', span)})`;
  const labelled = `(SELECT countIf(paired) FROM ${compared} WHERE (event_time, event_id) IN ${labels})`;
  const since = rollout.startedAt - Math.max(DELAY_LOOKS_BACK_MS, pipeline.label.withinMs);
  const delay =
    `(SELECT if(count() = 0, NULL, quantileExact(0.95)(greatest(0, toUnixTimestamp64Milli(label_time) - toUnixTimestamp64Milli(event_time))))` +
    ` FROM ${database}.outcomes_latest WHERE event_time >= ${instant(since)} AND event_time < ${instant(clock)})`;
  return `SELECT ${scored} AS events, ${pairs} AS compared, ${labelled} AS labelled, ${delay} AS label_delay_ms`;
}

export function toRolloutProgress([row]: readonly QueryRow[]): RolloutProgress {
  return {
    events: countIn(row, 'events'),
    compared: countIn(row, 'compared'),
    labelled: countIn(row, 'labelled'),
    labelDelayMs: numberIn(row, 'label_delay_ms'),
  };
}
