import type { GateResult, GatesDefinition } from '#contracts';
import { compareModels, scoresOfRows, type ModelComparison } from './compare-models.js';
import { labelsOf, slicesOf, type ScoredHoldout, type Slice } from './gated-rows.js';
import { comparisonEvidence } from './judge-holdout.js';
import { count, figure, signed } from './words.js';

const TOLD = 20;

/** Whether the candidate is worse than the champion in no slice of enough rows by more than declared. */
export function judgeSlices(
  { metric, confidence, slices: bounds }: Pick<GatesDefinition, 'metric' | 'confidence' | 'slices'>,
  holdout: ScoredHoldout,
): GateResult {
  const { champion } = holdout;
  if (bounds === null) return notApplicable('the pipeline file declares no slices');
  if (champion === null) return notApplicable('no champion to compare with');
  const labels = labelsOf(holdout.rows);
  const all = slicesOf(holdout, bounds.by);
  const compared = all
    .filter(({ rows }) => rows.length >= bounds.minRows)
    .map((slice) => ({ slice, comparison: compareIn(slice) }));
  const judged = compared.filter(({ comparison }) => Number.isFinite(comparison.gain));
  const small = all.length - compared.length;
  const untold = compared.length - judged.length;
  if (judged.length === 0) {
    return notApplicable(
      `none of ${all.length} slices by ${bounds.by.join(', ')} has the ${count(bounds.minRows)} rows and the classes that ${metric} needs`,
    );
  }
  const byGain = judged.toSorted((a, b) => a.comparison.gain - b.comparison.gain);
  const worst = byGain[0]!;
  const beyond = judged.filter(({ comparison }) => -comparison.gain > bounds.worseBy);
  const left = [
    ...(small > 0 ? [`${small} with fewer than ${count(bounds.minRows)} rows left out`] : []),
    ...(untold > 0 ? [`${untold} in which ${metric} has no value`] : []),
  ];
  return {
    gate: 'slices',
    verdict: beyond.length > 0 ? 'failed' : 'passed',
    summary:
      `${beyond.length === 0 ? 'none' : beyond.length} of ${judged.length} slices worse than version ${champion.version} by more than ` +
      `${figure(bounds.worseBy)} ${metric}; least gain ${describe(worst)}${left.length > 0 ? `; ${left.join(', ')}` : ''}`,
    evidence: {
      ...bounds,
      metric,
      against: champion.version,
      judged: judged.length,
      small,
      untold,
      beyond: beyond.map(({ slice }) => slice.name),
      slices: byGain
        .slice(0, TOLD)
        .map(({ slice, comparison }) => ({ slice: slice.name, ...comparisonEvidence(comparison) })),
    },
  };

  function compareIn({ rows }: Slice): ModelComparison {
    const [candidate, other] = [holdout.candidate, champion!.scores].map((scores) => scoresOfRows(scores, rows));
    const own = Float64Array.from(rows, (row) => labels[row]!);
    return compareModels(metric, holdout, own, candidate!, other!, confidence);
  }
}

function describe({ slice, comparison }: { readonly slice: Slice; readonly comparison: ModelComparison }): string {
  return `${signed(comparison.gain)} where ${slice.name} (${count(comparison.rows)} rows)`;
}

function notApplicable(summary: string): GateResult {
  return { gate: 'slices', verdict: 'not_applicable', summary, evidence: {} };
}
