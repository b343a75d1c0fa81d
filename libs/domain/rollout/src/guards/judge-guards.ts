import type { GuardDefinition, ModelTask, MonitorDefinition, PipelineDefinition, RolloutState } from '#contracts';
import {
  logEvidenceAbove,
  logEvidenceBelow,
  lowerConfidenceSequence,
  upperConfidenceSequence,
  type SequenceSettings,
  type TermSums,
} from '#domain/statistics';
import { isHigherBetter } from './business-query.js';
import { EVENT_METRICS } from './guard-metric.js';
import type { GuardReading } from './guard-reading.js';
import { SLOWER_SHARE } from './latency-query.js';

/** One bound of one guard, looked at. */
export interface GuardJudgement {
  readonly metric: string;
  /** `worse_by`: against the champion; `above`: by itself. */
  readonly check: 'worse_by' | 'above';
  /** What is bounded, larger is worse; latency: the share of events that were slower. Null: nothing was compared. */
  readonly value: number | null;
  /** It lies within, at whatever look, with a chance of 1 − `alpha`; each end by itself. */
  readonly low: number | null;
  readonly high: number | null;
  readonly bound: number;
  readonly alpha: number;
  /** The metric of each arm, as a person knows it. */
  readonly challenger: number | null;
  readonly champion: number | null;
  /** Events that were compared. */
  readonly rows: number;
  readonly verdict: 'ok' | 'breached' | 'insufficient';
  /** One sentence for a person. */
  readonly explanation: string;
  readonly query: string;
}

/** Of blocks, fewer than this say too little of their deviation. */
const LEAST_UNITS = 10;

export interface JudgeInput {
  readonly pipeline: Pick<PipelineDefinition, 'rollout' | 'model' | 'monitoring'>;
  readonly rollout: Pick<RolloutState, 'version' | 'against'>;
  readonly readings: readonly GuardReading[];
}

/** A bound that has been weighed; its figures are worked out when somebody wants them told. */
export interface WeighedBound {
  readonly metric: string;
  readonly verdict: GuardJudgement['verdict'];
  /** What was seen lies beyond the bound, for certain or not. */
  readonly isBeyond: boolean;
  readonly judgement: () => GuardJudgement;
}

/**
 * Every bound of every guard. A bound is breached where the whole confidence sequence lies beyond it; each has its part of
 * `falseRollbackRate`, so that all of them together, at all looks of a rollout, are wrong no more often.
 */
export function weighGuards({ pipeline, rollout, readings }: JudgeInput): readonly WeighedBound[] {
  const { guards = [], falseRollbackRate = 0.05 } = pipeline.rollout ?? {};
  const bounds = guards.flatMap((guard) => {
    const reading = readings.find(({ metric, purpose }) => metric === guard.metric && purpose === 'guard');
    return boundsOf(guard).map(([check, bound]) => ({ guard, check, bound, reading }));
  });
  const alpha = falseRollbackRate / Math.max(1, bounds.length);
  return bounds.flatMap(({ reading, ...rest }) =>
    reading === undefined
      ? []
      : [weigh({ ...rest, reading, alpha, rollout, shape: shapeOf(rest.guard.metric, pipeline) })],
  );
}

export function judgeGuards(input: JudgeInput): readonly GuardJudgement[] {
  return weighGuards(input).map(({ judgement }) => judgement());
}

/** Whether a promotion has the evidence that it needs. */
export function weighPromotion({ pipeline, readings }: JudgeInput): {
  readonly isBetter: boolean;
  readonly evidence: () => Readonly<Record<string, unknown>>;
} {
  const rate = pipeline.rollout?.falsePromotionRate ?? null;
  const reading = readings.find(({ purpose }) => purpose === 'promotion');
  if (rate === null || reading === undefined) return { isBetter: rate === null, evidence: () => ({}) };
  const shape = shapeOf(reading.metric, pipeline);
  const settings = settingsFor(shape, shape.difference, rate, shape.tunedCount);
  const { metric, events, challenger, champion, difference, sql } = reading;
  return {
    isBetter: difference.count >= LEAST_UNITS && logEvidenceBelow(difference, 0, settings) >= Math.log(1 / rate),
    evidence: () => ({
      metric,
      events,
      challenger: told(challenger, shape),
      champion: told(champion, shape),
      worseByAtMost: finite(upperConfidenceSequence(difference, settings)),
      alpha: rate,
      query: sql,
    }),
  };
}

interface Range {
  readonly floor: number | null;
  readonly ceiling: number | null;
}

/** What is known of a metric's terms before any are seen. */
interface Shape {
  readonly difference: Range;
  readonly own: Range;
  readonly variance: number;
  /** Terms at which the sequence is to be sharpest. */
  readonly tunedCount: number;
  /** A person knows it as 1 − badness, or as its negative. */
  readonly shown: (badness: number) => number;
}

const TUNED_EVENTS = 1_000;
const TUNED_BLOCKS = 20;
const SHARE: Range = { floor: 0, ceiling: 1 };
const SHARES: Range = { floor: -1, ceiling: 1 };
const ANY: Range = { floor: null, ceiling: null };
const plain = (badness: number): number => badness;
const complement = (badness: number): number => 1 - badness;

function shapeOf(metric: string, { model, monitoring }: JudgeInput['pipeline']): Shape {
  const byEvent = EVENT_METRICS[model.task][metric];
  if (byEvent !== undefined) {
    const { most, variance, higherIsBetter } = byEvent;
    return {
      difference: most === null ? ANY : { floor: -most, ceiling: most },
      own: { floor: 0, ceiling: most },
      variance,
      tunedCount: TUNED_EVENTS,
      shown: higherIsBetter ? complement : plain,
    };
  }
  const share = { difference: SHARES, own: SHARE, variance: 0.01, tunedCount: TUNED_EVENTS, shown: plain };
  switch (metric) {
    case 'error_rate':
      return share;
    case 'latency_p99_ms':
      return { ...share, difference: SHARE };
    case 'divergence':
      return { ...share, ...divergenceOf(model.task) };
    case 'estimated_accuracy':
      return { ...share, variance: 0.05, shown: complement };
    case 'roc_auc':
      return { difference: ANY, own: SHARE, variance: 0.01, tunedCount: TUNED_BLOCKS, shown: complement };
    default: {
      const monitor = monitoring?.monitors.find(({ name }: MonitorDefinition) => name === metric);
      const isNegated = monitor !== undefined && isHigherBetter(monitor);
      return {
        difference: ANY,
        own: ANY,
        variance: 0.01,
        tunedCount: TUNED_BLOCKS,
        shown: isNegated ? (x) => -x : plain,
      };
    }
  }
}

function divergenceOf(task: ModelTask): Pick<Shape, 'difference' | 'own'> {
  const range = task === 'regression' ? { floor: 0, ceiling: null } : SHARE;
  return { difference: range, own: range };
}

function boundsOf({ worseBy, above }: GuardDefinition): readonly (readonly [GuardJudgement['check'], number])[] {
  return [
    ...(worseBy === undefined ? [] : [['worse_by', worseBy] as const]),
    ...(above === undefined ? [] : [['above', above] as const]),
  ];
}

function settingsFor({ variance }: Shape, range: Range, alpha: number, tunedCount: number): SequenceSettings {
  return { alpha, ...range, tunedCount, tunedVariance: variance };
}

interface Bounded {
  readonly guard: GuardDefinition;
  readonly check: GuardJudgement['check'];
  readonly bound: number;
  readonly reading: GuardReading;
  readonly alpha: number;
  readonly rollout: JudgeInput['rollout'];
  readonly shape: Shape;
}

function weigh(bounded: Bounded): WeighedBound {
  const { guard, check, bound, reading, alpha, shape } = bounded;
  const terms = check === 'worse_by' ? reading.difference : reading.own;
  const range = check === 'worse_by' ? shape.difference : shape.own;
  // What a percentile must not exceed, its share must not.
  const limit = guard.metric === 'latency_p99_ms' ? SLOWER_SHARE : bound;
  const tunedCount = Math.max(shape.tunedCount, Math.min(guard.minRows, 10 * shape.tunedCount));
  const settings = settingsFor(shape, range, alpha, tunedCount);
  const isEnough = reading.events >= guard.minRows && terms.count >= LEAST_UNITS;
  const isBreached = isEnough && logEvidenceAbove(terms, limit, settings) >= Math.log(1 / alpha);
  const verdict = !isEnough ? 'insufficient' : isBreached ? 'breached' : 'ok';
  return {
    metric: guard.metric,
    verdict,
    isBeyond: terms.count > 0 && terms.sum / terms.count > limit,
    judgement: () => toJudgement(bounded, { terms, settings, limit, verdict }),
  };
}

function toJudgement(
  { guard, check, reading, alpha, rollout, shape }: Bounded,
  weighed: {
    readonly terms: TermSums;
    readonly settings: SequenceSettings;
    readonly limit: number;
    readonly verdict: GuardJudgement['verdict'];
  },
): GuardJudgement {
  const { terms, settings, limit, verdict } = weighed;
  const judgement = {
    metric: guard.metric,
    check,
    value: terms.count === 0 ? null : terms.sum / terms.count,
    low: finite(lowerConfidenceSequence(terms, settings)),
    high: finite(upperConfidenceSequence(terms, settings)),
    bound: limit,
    alpha,
    challenger: told(reading.challenger, shape),
    champion: told(reading.champion, shape),
    rows: reading.events,
    verdict,
    query: reading.sql,
  };
  return { ...judgement, explanation: explain(judgement, guard, rollout) };
}

function told(badness: number | null, { shown }: Shape): number | null {
  return badness === null ? null : shown(badness);
}

function explain(
  { metric, check, challenger, champion, value, low, rows, verdict }: Omit<GuardJudgement, 'explanation'>,
  { worseBy, above, minRows }: GuardDefinition,
  { version, against }: JudgeInput['rollout'],
): string {
  if (verdict === 'insufficient') return `${metric}: ${rows} events compared, ${minRows} are needed`;
  const arms = `${metric} of version ${version} is ${figure(challenger)}, of version ${against} ${figure(champion)}`;
  const limit = check === 'worse_by' ? `worse by at most ${figure(worseBy!)}` : `at most ${figure(above!)}`;
  const measured =
    metric === 'latency_p99_ms'
      ? `${figure(100 * (value ?? 0))} % of its events are slower than allowed, at least ${figure(100 * (low ?? 0))} %`
      : `${check === 'worse_by' ? 'worse by' : 'it is'} ${figure(value)}, at least ${figure(low)}`;
  return verdict === 'breached'
    ? `${arms}: ${measured}, and ${limit} is allowed (${rows} events)`
    : `${arms}: within its bound, ${limit} (${rows} events)`;
}

function figure(value: number | null): string {
  return value === null ? 'unknown' : String(Number(value.toPrecision(3)));
}

/** JSON has no infinities. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
