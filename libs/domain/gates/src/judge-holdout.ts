import type { GateResult } from '#contracts';
import { compareModels, measureModel, type ModelComparison } from './compare-models.js';
import { labelsOf, type ComparisonBounds, type ScoredHoldout } from './gated-rows.js';
import { count, figure, orNull, percent, signed } from './words.js';

/**
 * Whether the candidate is better than the champion on rows that neither training saw: the gain must be `minGain` at least, and
 * the lower end of its interval must not lie below `minGain − tolerance`.
 */
export function judgeHoldout(bounds: ComparisonBounds, holdout: ScoredHoldout): GateResult {
  const labels = labelsOf(holdout.rows);
  const { metric, confidence } = bounds;
  const refused = firstProblem(holdout);
  if (refused !== null) return { gate: 'holdout', verdict: 'failed', ...refused };
  if (holdout.champion === null) {
    const { value, rows } = measureModel(metric, holdout, labels, holdout.candidate);
    return {
      gate: 'holdout',
      verdict: 'not_applicable',
      summary: `no champion to compare with: ${metric} ${figure(value)} on ${count(rows)} rows`,
      evidence: { metric, rows, candidate: orNull(value), champion: null },
    };
  }
  const { version, scores } = holdout.champion;
  const compared = compareModels(metric, holdout, labels, holdout.candidate, scores, confidence);
  const isBetter = isGainEnough(bounds, compared);
  return {
    gate: 'holdout',
    verdict: isBetter ? 'passed' : 'failed',
    summary: `${describeGain(compared, version, confidence)}; ${asked(bounds)}`,
    evidence: { against: version, ...comparisonEvidence(compared), ...bounds },
  };
}

export function isGainEnough({ minGain, tolerance }: ComparisonBounds, { gain, low }: ModelComparison): boolean {
  return gain >= minGain && low !== null && low >= minGain - tolerance;
}

export function describeGain(compared: ModelComparison, version: string, confidence: number): string {
  const { metric, candidate, champion, gain, low, high, rows } = compared;
  const interval =
    low === null || high === null ? 'no interval' : `[${signed(low)}, ${signed(high)}] at ${percent(confidence)}`;
  return (
    `${metric} ${figure(candidate)} against ${figure(champion)} of version ${version}: ` +
    `${Number.isFinite(gain) ? `gain ${signed(gain)}` : 'no gain can be told'}, ${interval}, on ${count(rows)} rows`
  );
}

export function comparisonEvidence({ candidate, champion, gain, ...rest }: ModelComparison): Record<string, unknown> {
  return { ...rest, candidate: orNull(candidate), champion: orNull(champion), gain: orNull(gain) };
}

function asked({ minGain, tolerance }: ComparisonBounds): string {
  return `asked for are ${signed(minGain)}, with a lower end of ${signed(minGain - tolerance)} at least`;
}

/** A candidate that cannot score an event would refuse its like when it serves. */
function firstProblem({ candidate, rows }: ScoredHoldout): Pick<GateResult, 'summary' | 'evidence'> | null {
  const [first] = candidate.problems;
  if (first === undefined) return null;
  const [row, problem] = first;
  return {
    summary: `it gives ${count(candidate.problems.size)} of ${count(rows.length)} rows no score, the first because ${problem}`,
    evidence: { unscored: candidate.problems.size, rows: rows.length, first: { row, problem } },
  };
}
