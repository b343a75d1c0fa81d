import type { GateResult, GatesDefinition } from '#contracts';
import { compareGroups, type GroupRate } from '#domain/monitors';
import { rowsScoredBy } from './compare-models.js';
import { slicesOf, type ScoredHoldout } from './gated-rows.js';
import { decisionAt, type GateScores } from './scorer.js';
import { count, figure, percent } from './words.js';

const TOLD = 20;

/** Whether the shares of positive decisions of any two groups of enough rows lie no further apart than declared. */
export function judgeFairness(
  { fairness: bounds, confidence }: Pick<GatesDefinition, 'fairness' | 'confidence'>,
  holdout: ScoredHoldout,
): GateResult {
  if (bounds === null) return notApplicable('the pipeline file declares no groups');
  if (holdout.task !== 'binary-classification') return notApplicable(`a ${holdout.task} has no positive decisions`);
  const columns = bounds.by.flatMap((column) => {
    const candidate = ratesBy(column, holdout.candidate);
    const comparison = compareGroups(candidate, confidence);
    if (comparison === null || candidate.length < 2) return [];
    const champion = holdout.champion && compareGroups(ratesBy(column, holdout.champion.scores), confidence);
    return [{ column, groups: candidate, comparison, championDifference: champion?.difference ?? null }];
  });
  const worst = columns.toSorted((a, b) => b.comparison.difference - a.comparison.difference)[0];
  if (worst === undefined) {
    return notApplicable(`no two groups by ${bounds.by.join(', ')} with ${count(bounds.minRows)} rows each`);
  }
  const { column, groups, comparison, championDifference } = worst;
  const ranked = groups.toSorted((a, b) => a.hits / a.rows - b.hits / b.rows);
  const named = (one: GroupRate): string => `${one.group} ${percent(one.hits / one.rows)}`;
  const before = championDifference === null ? '' : `; the champion's is ${figure(championDifference)}`;
  return {
    gate: 'fairness',
    verdict: comparison.difference <= bounds.atMost ? 'passed' : 'failed',
    summary:
      `demographic parity difference by ${column} ${figure(comparison.difference)} ` +
      `(positive: ${named(ranked[0]!)}, ${named(ranked.at(-1)!)}), at most ${figure(bounds.atMost)}${before}`,
    evidence: {
      ...bounds,
      columns: columns.map((one) => ({
        column: one.column,
        difference: one.comparison.difference,
        interval: one.comparison.differenceInterval,
        champion: one.championDifference,
        groups: one.groups.slice(0, TOLD),
      })),
    },
  };

  function ratesBy(by: string, scores: GateScores): readonly GroupRate[] {
    return slicesOf(holdout, [by]).flatMap(({ value, rows }) => {
      const scored = rowsScoredBy(holdout.rows.length, [scores], rows);
      if (scored.length < bounds!.minRows || scored.length === 0) return [];
      const hits = scored.filter((row) => decisionAt(holdout, scores, row) === 1).length;
      return [{ group: value, hits, rows: scored.length }];
    });
  }
}

function notApplicable(summary: string): GateResult {
  return { gate: 'fairness', verdict: 'not_applicable', summary, evidence: {} };
}
