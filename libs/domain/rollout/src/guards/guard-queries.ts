import type { GuardDefinition, MonitorDefinition, PipelineDefinition, RolloutState } from '#contracts';
import { calibratedSql, type MonitoredModel } from '#domain/monitors';
import { businessQuery } from './business-query.js';
import { EVENT_METRICS, promotionMetric, type Arm } from './guard-metric.js';
import { latencyQuery } from './latency-query.js';
import { comparedIn, labelledPairsIn, SCORED, type ComparedSpan } from './paired-rows.js';

export interface GuardQueryInput {
  readonly pipeline: PipelineDefinition;
  readonly rollout: RolloutState;
  /** The pipeline's clock: event time, ms. */
  readonly clock: number;
  /** The same of the times at which labels became known; null: as `clock`. */
  readonly labelsClock: number | null;
  /** Event time that labels are known to take; younger events are not looked at by guards that need labels: the first labels are no sample. */
  readonly labelDelayMs: number | null;
  /** Of each version, what its scores stand for (`ModelReference`). */
  readonly calibrations: Readonly<Record<string, MonitoredModel['calibration']>>;
}

/** One SELECT, complete: it can be run again by hand. Its rows are for `toGuardReading`. */
export interface GuardQuery {
  readonly metric: string;
  /** `promotion`: it only tells whether the challenger is better. */
  readonly purpose: 'guard' | 'promotion';
  readonly sql: string;
}

/** Stretches of equally many events, in the order of event time, by which it is told how alike events that follow one another are. */
const BLOCKS = 32;

/** A query for each guard, and one for the evidence that a promotion needs; none where the pipeline has no rollout. */
export function guardQueries(input: GuardQueryInput): readonly GuardQuery[] {
  const { rollout: definition, gates, model } = input.pipeline;
  if (definition === undefined) return [];
  const queries = definition.guards.map((guard): GuardQuery => {
    return { metric: guard.metric, purpose: 'guard', sql: queryOf(guard, input) };
  });
  if (definition.falsePromotionRate === null) return queries;
  const metric = promotionMetric(model.task, gates?.metric);
  return [...queries, { metric, purpose: 'promotion', sql: queryOf({ metric, minRows: 1 }, input) }];
}

function queryOf(guard: GuardDefinition, input: GuardQueryInput): string {
  const { pipeline, rollout } = input;
  const { metric } = guard;
  const events: ComparedSpan = { startMs: rollout.startedAt, endMs: input.clock };
  const labelled: ComparedSpan = { startMs: rollout.startedAt, endMs: labelledUntil(input) };
  const byEvent = EVENT_METRICS[pipeline.model.task][metric];
  if (byEvent !== undefined) {
    return termsQuery(
      labelledPairsIn(pipeline, rollout, labelled),
      byEvent.badness('challenger'),
      byEvent.badness('champion'),
    );
  }
  const compared = comparedIn(pipeline, rollout, events);
  switch (metric) {
    case 'error_rate':
      return termsQuery(compared, 'toFloat64(challenger_failed)', 'toFloat64(champion_failed)');
    case 'divergence':
      return termsQuery(compared, 'abs(challenger_score - champion_score)', 'toFloat64(0)', SCORED);
    case 'estimated_accuracy': {
      const wrong = (arm: Arm): string => expectedWrong(arm, input);
      return termsQuery(compared, wrong('challenger'), wrong('champion'), SCORED);
    }
    case 'roc_auc':
      return areasQuery(labelledPairsIn(pipeline, rollout, labelled));
    case 'latency_p99_ms':
      return latencyQuery(pipeline, rollout, events, guard);
    default:
      return businessQuery(pipeline, rollout, { events, labelled }, businessNamed(metric, pipeline));
  }
}

function labelledUntil({ rollout, clock, labelsClock, labelDelayMs }: GuardQueryInput): number {
  return Math.max(rollout.startedAt, Math.min(clock, labelsClock ?? clock) - (labelDelayMs ?? 0));
}

function businessNamed(metric: string, { name, monitoring }: PipelineDefinition) {
  const found = monitoring?.monitors.find(
    (one): one is Extract<MonitorDefinition, { kind: 'business' }> => one.kind === 'business' && one.name === metric,
  );
  if (found === undefined) {
    throw new Error(
      `${name}: a guard has the metric ${metric}, which is neither known nor a business monitor of the pipeline`,
    );
  }
  return found;
}

/** The probability that the decision is wrong, by what the version's scores stand for. */
function expectedWrong(arm: Arm, { pipeline, rollout, calibrations }: GuardQueryInput): string {
  const version = arm === 'challenger' ? rollout.version : rollout.against;
  const probability = calibratedSql(`${arm}_score`, calibrations[version] ?? null);
  if (pipeline.model.task !== 'binary-classification') return `1 - ${probability}`;
  return `if(${arm}_decision = 'positive', 1 - ${probability}, ${probability})`;
}

/** Sums of how bad each arm was, and of by how much the challenger was worse. */
function termsQuery(from: string, challenger: string, champion: string, where = '1'): string {
  return `SELECT block, count() AS events, count() AS units,
  sum(own - other) AS difference, sum(pow(own - other, 2)) AS difference_squares,
  sum(own) AS own_sum, sum(own * own) AS own_squares, sum(other) AS champion_sum
FROM (
  SELECT ${challenger} AS own, ${champion} AS other,
    intDiv((row_number() OVER (ORDER BY event_time, event_id) - 1) * ${BLOCKS}, count() OVER ()) AS block
  FROM ${from}
  WHERE ${where}
)
WHERE isFinite(own) AND isFinite(other)
GROUP BY block
ORDER BY block`;
}

/** Events of a block that an area is taken over: a power of two, so that it seldom changes, with some ten of the rarer class. */
const LEAST_AREA_EVENTS = 128;
const LEAST_OF_CLASS = 10;

/** A unit is a block: its two areas are of the same events. The last block counts once it is full. */
function areasQuery(pairs: string): string {
  const size =
    `(SELECT toUInt64(greatest(${LEAST_AREA_EVENTS}, pow(2, ceil(log2(${LEAST_OF_CLASS} /` +
    ` greatest(least(avg(label = 1), 1 - avg(label = 1)), 1e-6)))))) FROM ${pairs})`;
  return `WITH ${size} AS size
SELECT block, count() AS events, 1 AS units,
  1 - arrayROCAUC(groupArray(challenger_score), groupArray(label = 1)) AS own_sum,
  1 - arrayROCAUC(groupArray(champion_score), groupArray(label = 1)) AS champion_sum,
  own_sum * own_sum AS own_squares,
  own_sum - champion_sum AS difference, pow(difference, 2) AS difference_squares
FROM (
  SELECT challenger_score, champion_score, label,
    intDiv(row_number() OVER (ORDER BY event_time, event_id) - 1, size) AS block
  FROM ${pairs}
)
GROUP BY block
HAVING events = size AND countIf(label = 1) > 0 AND countIf(label != 1) > 0
ORDER BY block`;
}
