import { sqlString, type MonitorDefinition, type PipelineDefinition, type RolloutState } from '#contracts';
import { expandPlaceholders, outcomesIn, predictionsIn, type MonitorContext } from '#domain/monitors';
import type { ComparedSpan } from './paired-rows.js';

type BusinessMonitor = Extract<MonitorDefinition, { kind: 'business' }>;

/** More would be many queries in one. */
const MOST_BLOCKS = 24;
const LEAST_BLOCK_MS = 60_000;

/** Whether a larger figure is a better one, as the monitor's own bounds tell: who is warned of low ones wants high ones. */
export function isHigherBetter({ rules }: Pick<BusinessMonitor, 'rules'>): boolean {
  return rules.some(({ below }) => below !== undefined) && !rules.some(({ above }) => above !== undefined);
}

/**
 * The monitor's figure over what each arm served, in stretches of equal length since the rollout began: a unit is a stretch in which both have one. It
 * should be a mean or a ratio, for arms serve different shares. In the shadow there is none.
 */
export function businessQuery(
  pipeline: PipelineDefinition,
  rollout: Pick<RolloutState, 'version' | 'against' | 'startedAt'>,
  spans: { readonly events: ComparedSpan; readonly labelled: ComparedSpan },
  monitor: BusinessMonitor,
): string {
  const span = monitor.on === 'outcomes' ? spans.labelled : spans.events;
  const whole = Array.from({ length: pipeline.topics.partitions }, () => Number.MAX_SAFE_INTEGER);
  const contextOf = (startMs: number, endMs: number): MonitorContext => ({
    window: { startMs, endMs },
    cut: { predictions: whole, outcomes: whole, quarantine: whole },
    cutBefore: null,
    model: null,
  });
  const sign = isHigherBetter(monitor) ? '-' : '';
  const stretches = stretchesOf(span).map(([startMs, endMs], block) => {
    const context = contextOf(startMs, endMs);
    const from = { predictions: predictionsIn(pipeline, context), outcomes: outcomesIn(pipeline, context) };
    const ofArm = (version: string) => {
      const only = (text: string): string => `(SELECT * FROM ${text} WHERE model_version = ${sqlString(version)})`;
      return { predictions: only(from.predictions), outcomes: only(from.outcomes) };
    };
    const valueOf = (version: string): string =>
      `(SELECT ${sign}avg(toFloat64OrNull(toString(value))) FROM (${expandPlaceholders(monitor.sql, ofArm(version))}))`;
    const rows = `(SELECT count() FROM ${ofArm(rollout.version)[monitor.on]})`;
    return `SELECT ${block} AS block, ${rows} AS events, ${valueOf(rollout.version)} AS own, ${valueOf(rollout.against)} AS other`;
  });
  const figures =
    stretches.length === 0
      ? 'SELECT 0 AS block, 0 AS events, nan AS own, nan AS other WHERE 0'
      : stretches.join('\n  UNION ALL ');
  return `SELECT block, events, 1 AS units, own - other AS difference, pow(own - other, 2) AS difference_squares,
  own AS own_sum, own * own AS own_squares, other AS champion_sum
FROM (
  ${figures}
)
WHERE isFinite(own) AND isFinite(other)
ORDER BY block`;
}

/** Whole stretches only; their length doubles, so that those of before are halves of them. */
function stretchesOf({ startMs, endMs }: ComparedSpan): readonly (readonly [number, number])[] {
  let lengthMs = LEAST_BLOCK_MS;
  while ((endMs - startMs) / lengthMs >= MOST_BLOCKS + 1) lengthMs *= 2;
  const count = Math.max(0, Math.floor((endMs - startMs) / lengthMs));
  return Array.from({ length: count }, (_, i) => [startMs + i * lengthMs, startMs + (i + 1) * lengthMs] as const);
}
