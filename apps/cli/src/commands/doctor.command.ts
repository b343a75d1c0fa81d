import type { Command } from 'commander';
import { discoverAddresses } from '../cli.config.js';
import { examine } from '../doctor/examine.js';
import { worstOf } from '../doctor/finding.js';
import { formatExamination } from '../doctor/format-examination.js';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';

export function registerDoctor(program: Command): void {
  const command = program
    .command('doctor')
    .description('look at every part at once and say what is wrong and what to do; changes nothing')
    .argument('[pipeline...]', 'only these pipelines; the parts that all share are looked at anyway');
  withExamples(withJson(command), ['eddyline doctor', 'eddyline doctor electricity', 'eddyline doctor --json']).action(
    (only: readonly string[], options: { json?: boolean }) =>
      runAction(options, async (reporter) => {
        const began = performance.now();
        const examination = await examine(discoverAddresses(), only);
        const tookMs = Math.round(performance.now() - began);
        const { findings, pipelines, skipped } = examination;
        const worst = worstOf(findings);
        const counts = Object.fromEntries(
          (['ok', 'warn', 'fail'] as const).map((severity) => [
            severity,
            findings.filter((finding) => finding.severity === severity).length,
          ]),
        );
        reporter.result({ ok: worst !== 'fail', worst, counts, tookMs, pipelines, skipped, checks: findings });
        const style: typeof reporter.style = (how, text) => reporter.style(how, text);
        for (const line of formatExamination(examination, tookMs, style)) reporter.line(line);
        return worst === 'fail' ? 1 : 0;
      }),
  );
}
