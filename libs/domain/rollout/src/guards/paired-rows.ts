import {
  CHALLENGER_FAILED,
  databaseOf,
  sqlIdentifier,
  sqlString,
  type PipelineDefinition,
  type RolloutState,
} from '#contracts';
import { within } from '#domain/monitors';

/** Half-open range of event time that is compared, ms. */
export interface ComparedSpan {
  readonly startMs: number;
  readonly endMs: number;
}

const COLUMNS = 'event_time, event_id, model_version, flags, score, class_scores, decision, scoring_ms';

/** What both versions said in the span, served or not, as text to put after FROM. */
export function scoredIn(
  pipeline: Pick<PipelineDefinition, 'name'>,
  { version, against }: Pick<RolloutState, 'version' | 'against'>,
  span: ComparedSpan,
): string {
  const database = sqlIdentifier(databaseOf(pipeline.name));
  const where = `WHERE ${within('event_time', span)} AND model_version IN (${sqlString(version)}, ${sqlString(against)})`;
  return (
    `(SELECT ${COLUMNS} FROM ${database}.predictions ${where}` +
    ` UNION ALL SELECT ${COLUMNS} FROM ${database}.shadow_predictions ${where})`
  );
}

/**
 * One row per event that both versions scored (`paired`), or that one could not score: `challenger_failed` if it was the new one. An
 * event of which only one score is there yet is left out: the other is on its way to the log.
 */
export function comparedIn(
  pipeline: Pick<PipelineDefinition, 'name'>,
  rollout: Pick<RolloutState, 'version' | 'against'>,
  span: ComparedSpan,
): string {
  const isNew = `model_version = ${sqlString(rollout.version)}`;
  const ofArm = (column: string): string =>
    `anyIf(${column}, ${isNew}) AS challenger_${column}, anyIf(${column}, NOT ${isNew}) AS champion_${column}`;
  const failed = `has(flags, ${sqlString(CHALLENGER_FAILED)})`;
  return (
    `(SELECT event_time, event_id, ${['score', 'class_scores', 'decision'].map(ofArm).join(', ')},` +
    ` countIf(${isNew}) > 0 AND countIf(NOT ${isNew}) > 0 AS paired,` +
    // Whoever serves is not the one that failed.
    ` countIf(${failed} AND NOT ${isNew}) > 0 AS challenger_failed,` +
    ` countIf(${failed} AND ${isNew}) > 0 AS champion_failed` +
    ` FROM ${scoredIn(pipeline, rollout, span)} GROUP BY event_time, event_id` +
    ` HAVING paired OR challenger_failed OR champion_failed)`
  );
}

/** Those that both scored, with the label that holds. */
export function labelledPairsIn(
  pipeline: Pick<PipelineDefinition, 'name'>,
  rollout: Pick<RolloutState, 'version' | 'against'>,
  span: ComparedSpan,
): string {
  const outcomes = `${sqlIdentifier(databaseOf(pipeline.name))}.outcomes_latest`;
  return (
    `(SELECT * FROM ${comparedIn(pipeline, rollout, span)} AS pairs` +
    ` INNER JOIN (SELECT event_time, event_id, label FROM ${outcomes} FINAL WHERE ${within('event_time', span)}) AS labels` +
    ` USING (event_time, event_id) WHERE ${SCORED} AND isFinite(label))`
  );
}

/** Rows of `comparedIn` with two scores to compare. */
export const SCORED = 'paired AND isFinite(challenger_score) AND isFinite(champion_score)';
