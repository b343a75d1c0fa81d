import type { GateResult } from '#contracts';
import type { BacktestReport, CandidateReplay } from './backtest/backtest-rows.js';
import { comparisonEvidence } from './judge-holdout.js';
import { count, figure, orNull, percent, signed } from './words.js';

/**
 * Whether stored scores come out again (without that nothing of a replay is a proof), and the candidate gives every logged event a
 * score. How it does on realised labels is told, not judged: it may have been trained on them.
 */
export function judgeReplay(report: BacktestReport): GateResult {
  const { rows, versions, candidate } = report;
  const gate = 'backtest';
  if (rows === 0) {
    return { gate, verdict: 'not_applicable', summary: 'the log has no predictions to replay', evidence: {} };
  }
  const isReplayed = isReproduced(report);
  const scored = candidate === null || candidate.unscored === 0;
  return {
    gate,
    verdict: isReplayed && scored ? 'passed' : 'failed',
    summary: [
      describeReplay(report),
      ...(candidate === null ? [] : [describeCandidate(candidate)]),
      ...report.comparisons.map(
        ({ metric, candidate: own, champion, gain, rows: labelled }) =>
          `${metric} ${figure(own)} against ${figure(champion)} as served (${signed(gain)}) on ${count(labelled)} labels`,
      ),
    ].join('; '),
    evidence: {
      rows,
      fromMs: report.fromMs,
      toMs: report.toMs,
      tolerance: report.tolerance,
      runtime: report.runtime,
      versions,
      labelled: report.labelled,
      candidate,
      comparisons: report.comparisons.map(comparisonEvidence),
    },
  };
}

/** Every stored score came out again, within the tolerance. */
export function isReproduced({ rows, versions }: Pick<BacktestReport, 'rows' | 'versions'>): boolean {
  return rows > 0 && versions.every(({ beyond, missing }) => beyond === 0 && missing === null);
}

export function describeReplay({ rows, versions, tolerance }: BacktestReport): string {
  const missing = versions.filter((one) => one.missing !== null);
  const equal = versions.reduce((sum, one) => sum + one.equal, 0);
  const beyond = versions.reduce((sum, one) => sum + one.beyond, 0);
  const furthest = Math.max(0, ...versions.map(({ maxDifference }) => maxDifference));
  const named = versions.map(({ version }) => version).join(', ');
  const replayed = `${count(equal)} of ${count(rows)} scores of version ${named} came out again to the last bit, the furthest ${figure(orNull(furthest))} off`;
  const wrong = beyond === 0 ? `within ${figure(tolerance)}` : `${count(beyond)} not within ${figure(tolerance)}`;
  return [`${replayed}, ${wrong}`, ...missing.map((one) => `version ${one.version}: ${one.missing}`)].join('; ');
}

function describeCandidate({ unscored, firstProblem, flips, psi }: CandidateReplay): string {
  const problem = unscored === 0 ? '' : `the candidate gives ${count(unscored)} no score (${firstProblem}), `;
  const turned = flips.rows === 0 ? 0 : flips.flipped / flips.rows;
  return `${problem}${percent(turned)} of the decisions would be others, PSI of the scores ${figure(psi)}`;
}
