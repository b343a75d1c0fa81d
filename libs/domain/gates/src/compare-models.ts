import type { ModelTask } from '#contracts';
import { isHigherBetter } from '#domain/monitors';
import { quantileOf, seededUniforms } from '#domain/statistics';
import { compareAreas } from './compare-areas.js';
import { gateMetric } from './metrics/gate-metrics.js';
import type { LabelledScores } from './metrics/metric.js';
import type { DecisionRule, GateScores } from './scorer.js';

/** Two models on the same labelled rows, by one metric. */
export interface ModelComparison {
  readonly metric: string;
  readonly higherIsBetter: boolean;
  /** That both scored. */
  readonly rows: number;
  /** NaN where the rows give no value, as where one class is absent. */
  readonly candidate: number;
  readonly champion: number;
  /** How much better the candidate is: positive is better, whatever the metric. */
  readonly gain: number;
  /** Of the gain; null where the rows do not tell one. */
  readonly low: number | null;
  readonly high: number | null;
  readonly method: 'delong' | 'bootstrap';
}

const SEED = 7;
const RESAMPLES = 1_000;
const FEWEST_RESAMPLES = 200;
/** Rows drawn in all: bounds what an interval costs to some tenths of a second. */
const MOST_DRAWN = 20_000_000;

/**
 * The gain's interval is of paired rows: by DeLong for `roc_auc`, else by the bootstrap, in which each draw of the rows is given
 * to both models. Draws keep the numbers of each class (stratified), and are the same each time.
 *
 * @param labels as in OutcomeRecord
 */
export function compareModels(
  metric: string,
  rule: DecisionRule,
  labels: ArrayLike<number>,
  candidate: GateScores,
  champion: GateScores,
  confidence: number,
): ModelComparison {
  const { prepare, terms } = gateMetric(rule.task, metric);
  const higherIsBetter = isHigherBetter(rule.task, metric);
  const both = rowsScoredBy(labels.length, [candidate, champion]);
  const first = pick(labels, candidate, both, rule);
  const second = pick(labels, champion, both, rule);
  const [ofCandidate, ofChampion] = [prepare(first), prepare(second)];
  const sign = higherIsBetter ? 1 : -1;
  const values = { candidate: ofCandidate(null), champion: ofChampion(null) };
  const gain = sign * (values.candidate - values.champion);
  const common = { metric, higherIsBetter, rows: both.length, ...values, gain };
  if (metric === 'roc_auc') {
    const compared = compareAreas(first.labels, first.scores, second.scores, confidence);
    return { ...common, low: compared?.interval.low ?? null, high: compared?.interval.high ?? null, method: 'delong' };
  }
  const resamples = resamplesFor(both.length);
  const strata = strataOf(first.labels, rule.task);
  const drawn =
    terms === undefined
      ? metricDraws(strata, both.length, resamples, (weights) => ofCandidate(weights) - ofChampion(weights))
      : meanDraws(strata, resamples, differences(terms(first), terms(second)));
  const gains = drawn.filter(Number.isFinite).map((one) => sign * one);
  gains.sort((a, b) => a - b);
  const told = gains.length * 2 >= resamples && gains.length > 0 && Number.isFinite(gain);
  return {
    ...common,
    low: told ? quantileOf(gains, (1 - confidence) / 2) : null,
    high: told ? quantileOf(gains, (1 + confidence) / 2) : null,
    method: 'bootstrap',
  };
}

/** One model alone. */
export function measureModel(
  metric: string,
  rule: DecisionRule,
  labels: ArrayLike<number>,
  scores: GateScores,
): { readonly value: number; readonly rows: number } {
  const scored = rowsScoredBy(labels.length, [scores]);
  return {
    value: gateMetric(rule.task, metric).prepare(pick(labels, scores, scored, rule))(null),
    rows: scored.length,
  };
}

/** @param among rows to look at; left out: all */
export function rowsScoredBy(
  rows: number,
  models: readonly GateScores[],
  among?: readonly number[],
): readonly number[] {
  const all = among ?? Array.from({ length: rows }, (_, row) => row);
  return all.filter((row) => models.every(({ scores }) => Number.isFinite(scores[row])));
}

/** The scores of some of the rows. */
export function scoresOfRows({ scores, classScores }: GateScores, rows: readonly number[]): GateScores {
  const classes = classScores === null ? 0 : classScores.length / scores.length;
  const kept = classScores === null ? null : new Float64Array(rows.length * classes);
  for (const [at, row] of rows.entries()) {
    for (let k = 0; k < classes; k++) kept![at * classes + k] = classScores![row * classes + k]!;
  }
  return { scores: Float64Array.from(rows, (row) => scores[row]!), classScores: kept, problems: new Map() };
}

function pick(
  labels: ArrayLike<number>,
  scores: GateScores,
  rows: readonly number[],
  rule: DecisionRule,
): LabelledScores {
  return { ...scoresOfRows(scores, rows), labels: Float64Array.from(rows, (row) => labels[row]!), rule };
}

function resamplesFor(rows: number): number {
  return Math.max(FEWEST_RESAMPLES, Math.min(RESAMPLES, Math.floor(MOST_DRAWN / Math.max(1, rows))));
}

/** Rows of each class, by their indexes; of a regression all rows. */
function strataOf(labels: ArrayLike<number>, task: ModelTask): readonly Uint32Array[] {
  const strata = new Map<number, number[]>();
  for (let row = 0; row < labels.length; row++) {
    const stratum = task === 'regression' ? 0 : labels[row]!;
    const rows = strata.get(stratum);
    if (rows === undefined) strata.set(stratum, [row]);
    else rows.push(row);
  }
  return [...strata.values()].map((rows) => Uint32Array.from(rows));
}

/** Of each draw of the rows, what `difference` gives for how often each was drawn. */
function metricDraws(
  strata: readonly Uint32Array[],
  rows: number,
  resamples: number,
  difference: (weights: Uint32Array) => number,
): number[] {
  const uniform = seededUniforms(SEED);
  const weights = new Uint32Array(rows);
  return Array.from({ length: resamples }, () => {
    weights.fill(0);
    for (const stratum of strata) {
      for (let i = 0; i < stratum.length; i++) weights[stratum[(uniform() * stratum.length) >>> 0]!]!++;
    }
    return difference(weights);
  });
}

/** The same of a mean of terms, without counting how often each was drawn. */
function meanDraws(strata: readonly Uint32Array[], resamples: number, terms: Float64Array): number[] {
  const uniform = seededUniforms(SEED);
  return Array.from({ length: resamples }, () => {
    let sum = 0;
    for (const stratum of strata) {
      for (let i = 0; i < stratum.length; i++) sum += terms[stratum[(uniform() * stratum.length) >>> 0]!]!;
    }
    return sum / terms.length;
  });
}

function differences(first: Float64Array, second: Float64Array): Float64Array {
  return first.map((term, row) => term - second[row]!);
}
