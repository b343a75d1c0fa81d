import type { PipelineDefinition } from '#contracts';
import { labelsOf, slicesOf, type GatedRows } from '../gated-rows.js';
import { decisionAt, type DecisionRule, type FeatureRow, type GateScores, type Scorer } from '../scorer.js';
import { featureRanges } from './feature-ranges.js';
import { nudgeDecisions } from './nudge-decisions.js';
import { extremeRows, missingRows, perturbedRows, spread } from './stress-rows.js';

/** Scores of one kind of input. */
export interface StressChecks {
  readonly inputs: 'extreme' | 'missing' | 'perturbed' | 'nudged';
  readonly rows: number;
  /** Without a finite score, or (classification) with one outside [0, 1]. */
  readonly broken: number;
  /** The first of them, for a person. */
  readonly first: string | null;
}

/** Share of the decisions that small changes turn. */
export interface FlipRates {
  /** By chance. */
  readonly perturbed: number;
  /** By looking for it. */
  readonly nudged: number;
  readonly rows: number;
}

export interface StressReport {
  readonly checks: readonly StressChecks[];
  readonly flips: FlipRates;
  /** Of slices with enough rows, worst (nudged) first. */
  readonly slices: readonly (FlipRates & { readonly slice: string })[];
  /** What counts as a turned decision. */
  readonly flipMeans: string;
}

const ROWS = 500;
const TIMES = 8;
const FEWEST_IN_SLICE = 20;
const TOLD = 20;
/** Rounding of float32 sums. */
const ROUNDING = 1e-6;

/** Gives a model inputs that it will meet one day, and counts what it makes of them. Deterministic. */
export async function stressModel(
  definition: Pick<PipelineDefinition, 'features' | 'expectations' | 'event' | 'model'>,
  holdout: GatedRows,
  score: Scorer,
): Promise<StressReport> {
  const rule: DecisionRule = definition.model;
  const ranges = featureRanges(definition, holdout.rows);
  const extreme = extremeRows(rule.task, ranges, holdout.rows);
  const missing = missingRows(ranges, holdout.rows);
  const sample = spread(holdout.rows, ROWS);
  const rows = sample.map(({ features }) => features);
  const before = await score(rows);
  const perturbed = perturbedRows(ranges, rows, TIMES);
  const afterwards = await score(perturbed);
  const nudged = await nudgeDecisions(rule, ranges, rows, before, score);
  const moved = deviationOf(labelsOf(holdout.rows));

  const turned = (scores: GateScores, row: number, base: number): boolean =>
    rule.task === 'regression'
      ? Math.abs(scores.scores[row]! - before.scores[base]!) > moved
      : decisionAt(rule, scores, row) !== decisionAt(rule, before, base);
  const ratesOf = (indexes: readonly number[]): FlipRates => {
    const bases = indexes.filter((base) => Number.isFinite(before.scores[base]));
    let byChance = 0;
    let searched = 0;
    for (const base of bases) {
      for (let time = 0; time < TIMES; time++) byChance += Number(turned(afterwards, base * TIMES + time, base));
      searched += Number(turned(nudged.scores, base, base));
    }
    const share = (flips: number, of: number): number => (of === 0 ? 0 : flips / of);
    return {
      perturbed: share(byChance, bases.length * TIMES),
      nudged: share(searched, bases.length),
      rows: bases.length,
    };
  };

  return {
    checks: [
      check('extreme', await score(extreme.map(({ features }) => features)), (row) => extreme[row]!.what),
      check('missing', await score(missing.map(({ features }) => features)), (row) => missing[row]!.what),
      check('perturbed', afterwards, (row) => told(perturbed[row]!)),
      check('nudged', nudged.scores, (row) => told(nudged.rows[row]!)),
    ],
    flips: ratesOf(rows.map((_, row) => row)),
    slices: slicesOf({ slices: holdout.slices, rows: sample })
      .filter((slice) => slice.rows.length >= FEWEST_IN_SLICE)
      .map((slice) => ({ slice: slice.name, ...ratesOf(slice.rows) }))
      .sort((a, b) => b.nudged - a.nudged || b.perturbed - a.perturbed)
      .slice(0, TOLD),
    flipMeans:
      rule.task === 'regression'
        ? `the value moves by more than ${Number(moved.toPrecision(4))}, the standard deviation of the labels`
        : 'another decision',
  };

  function check(inputs: StressChecks['inputs'], scores: GateScores, what: (row: number) => string): StressChecks {
    let broken = 0;
    let first: string | null = null;
    for (let row = 0; row < scores.scores.length; row++) {
      const problem = problemOf(rule, scores, row);
      if (problem === null) continue;
      broken++;
      first ??= `${what(row)}: ${problem}`;
    }
    return { inputs, rows: scores.scores.length, broken, first };
  }
}

function problemOf({ task }: DecisionRule, { scores, classScores, problems }: GateScores, row: number): string | null {
  const refused = problems.get(row);
  if (refused !== undefined) return refused;
  const classes = classScores === null ? 0 : classScores.length / scores.length;
  for (const value of [scores[row]!, ...Array.from({ length: classes }, (_, k) => classScores![row * classes + k]!)]) {
    if (!Number.isFinite(value)) return `the score is ${value}`;
    if (task !== 'regression' && (value < -ROUNDING || value > 1 + ROUNDING))
      return `the score is ${value}, not in [0, 1]`;
  }
  return null;
}

function told(features: FeatureRow): string {
  return JSON.stringify(features).slice(0, 300);
}

function deviationOf(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
