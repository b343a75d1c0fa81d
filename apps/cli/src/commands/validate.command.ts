import type { Command } from 'commander';
import { runAction, withExamples, withJson } from '../terminal/run-action.js';
import { formatProblem, loadAll } from '../validate/load-pipeline-file.js';

export function registerValidate(program: Command): void {
  const command = program
    .command('validate')
    .description('check pipeline files: every error at once, with line and column')
    .argument('<pipeline.yaml...>', 'pipeline files; the event schema is read from beside each');
  withExamples(withJson(command), [
    'eddyline validate pipelines/electricity/pipeline.yaml',
    'eddyline validate pipelines/*/pipeline.yaml --json',
  ]).action((files: string[], options: { json?: boolean }) =>
    runAction(options, async (reporter) => {
      const loaded = await loadAll(files);
      const problems = loaded.flatMap((one) => (one.ok ? [] : one.problems));
      for (const one of loaded) {
        if (one.ok) reporter.line(`${one.file}: ok (pipeline ${one.definition.name})`);
      }
      if (!reporter.json) for (const problem of problems) reporter.note(formatProblem(problem).join('\n'));
      if (problems.length > 0) reporter.error(`${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`);
      reporter.result({
        ok: problems.length === 0,
        files: loaded.map((one) => ({ file: one.file, ok: one.ok, ...(one.ok && { pipeline: one.definition.name }) })),
        problems: problems.map(({ excerpt: _, ...problem }) => problem),
      });
      return problems.length > 0 ? 1 : 0;
    }),
  );
}
