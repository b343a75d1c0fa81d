import type { GateResult, GatesDefinition } from '#contracts';
import type { StressReport } from './stress/stress-model.js';
import { count, percent } from './words.js';

/**
 * Whether inputs at the ends of what is declared, missing, perturbed and nudged on purpose all have a finite score (within [0, 1]
 * where it is a probability), and small perturbations turn few decisions. How many a search for it turns is told, not judged.
 */
export function judgeStress({ maxFlipRate }: Pick<GatesDefinition, 'maxFlipRate'>, report: StressReport): GateResult {
  const { checks, flips, slices } = report;
  const broken = checks.filter((one) => one.broken > 0);
  const rows = checks.reduce((sum, one) => sum + one.rows, 0);
  const worst = slices[0];
  const finite =
    broken.length === 0
      ? `all ${count(rows)} extreme, missing, perturbed and nudged inputs have a sound score`
      : broken
          .map((one) => `${count(one.broken)} of ${count(one.rows)} ${one.inputs} inputs have none (${one.first})`)
          .join('; ');
  const bySlice =
    worst === undefined ? '' : `; most where ${worst.slice}: ${percent(worst.perturbed)} and ${percent(worst.nudged)}`;
  return {
    gate: 'stress',
    verdict: broken.length === 0 && flips.perturbed <= maxFlipRate ? 'passed' : 'failed',
    summary:
      `${finite}; changes of a hundredth of each range turn ${percent(flips.perturbed)} of ${count(flips.rows)} decisions, ` +
      `at most ${percent(maxFlipRate)}, and ${percent(flips.nudged)} where it is tried${bySlice}`,
    evidence: { ...report, maxFlipRate },
  };
}
