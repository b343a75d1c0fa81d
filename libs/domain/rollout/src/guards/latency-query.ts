import { sqlString, type GuardDefinition, type PipelineDefinition, type RolloutState } from '#contracts';
import { scoredIn, type ComparedSpan } from './paired-rows.js';

/** Of these events, so many may be slower: what a 99th percentile is. */
export const SLOWER_SHARE = 0.01;

const BLOCKS = 32;

/**
 * A percentile has no terms to sum; the share of events beyond a bound has. So the challenger's 99th percentile is above a bound
 * if more than a hundredth of its events are.
 */
export function latencyQuery(
  pipeline: Pick<PipelineDefinition, 'name'>,
  rollout: Pick<RolloutState, 'version' | 'against'>,
  span: ComparedSpan,
  { worseBy, above }: Pick<GuardDefinition, 'worseBy' | 'above'>,
): string {
  const scored = scoredIn(pipeline, rollout, span);
  const p99 = (version: string): string =>
    `(SELECT quantileExact(0.99)(scoring_ms) FROM ${scored} WHERE model_version = ${sqlString(version)})`;
  return `WITH ${p99(rollout.against)} AS champion_p99, ${p99(rollout.version)} AS challenger_p99
SELECT block, count() AS events, count() AS units,
  sum(slower) AS difference, sum(slower) AS difference_squares,
  sum(slow) AS own_sum, sum(slow) AS own_squares,
  any(challenger_p99) AS challenger_value, any(champion_p99) AS champion_value
FROM (
  SELECT scoring_ms > champion_p99 + ${worseBy ?? 0} AS slower, scoring_ms > ${above ?? 0} AS slow,
    intDiv((row_number() OVER (ORDER BY event_time, event_id) - 1) * ${BLOCKS}, count() OVER ()) AS block
  FROM ${scored}
  WHERE model_version = ${sqlString(rollout.version)} AND isFinite(champion_p99)
)
GROUP BY block
ORDER BY block`;
}
